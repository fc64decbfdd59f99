#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/session.hpp"

namespace wellspring::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 500;
constexpr std::size_t kListed = 50;

Result<json::object> json_reply(Result<HttpReply> reply, std::string_view what) {
  if (reply.has_error()) return reply.error();
  if (reply->status != 200) return reply_error(*reply, what);
  boost::system::error_code failed;
  json::value parsed = json::parse(reply->body, failed);
  if (failed || !parsed.is_object())
    return fail(ErrorKind::kUpstream, fmt::format("{}: the server's answer is no JSON object", what));
  return std::move(parsed.get_object());
}

void print_counts(const json::object& counts) {
  std::string line;
  for (const auto& [state, jobs] : counts) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", jobs.to_number<std::int64_t>(),
                        std::string_view(state));
  }
  fmt::print("{}\n", line);
}

void print_job(const json::value& job) {
  fmt::print("{:>8}  {:<7}  {:<9}  {}  {}\n", job.at("id").to_number<std::int64_t>(),
             job.at("state").as_string().c_str(), job.at("kind").as_string().c_str(),
             job.at("accepted_at").as_string().c_str(), job.at("article_id").as_string().c_str());
  const auto& error = job.at("last_error").as_string();
  if (!error.empty() && job.at("state").as_string() != "done")
    fmt::print("          after {} attempts: {}\n", job.at("attempts").to_number<std::int64_t>(),
               error.c_str());
}

Result<void> list(HttpClient& client, const JobsRequest& request) {
  auto page = json_reply(
      client.get(fmt::format("/api/v1/sync/jobs?state={}&limit={}", request.state, kListed)), "listing jobs");
  if (page.has_error()) return page.error();
  if (request.json) {
    fmt::print("{}\n", json::serialize(*page));
    return {};
  }
  const json::array& jobs = page->at("jobs").as_array();
  for (const json::value& job : jobs) print_job(job);
  if (jobs.size() == kListed) fmt::print("          ... the newest {} are shown\n", kListed);
  print_counts(page->at("counts").as_object());
  return {};
}

/// Those that are dead now, oldest first; what dies again meanwhile is not among them twice.
Result<std::vector<std::int64_t>> dead_jobs(HttpClient& client) {
  std::vector<std::int64_t> ids;
  std::string before;
  for (;;) {
    auto page = json_reply(client.get(fmt::format("/api/v1/sync/jobs?state=dead&limit={}{}", kPage, before)),
                           "listing dead jobs");
    if (page.has_error()) return page.error();
    const json::array& jobs = page->at("jobs").as_array();
    for (const json::value& job : jobs) ids.push_back(job.at("id").to_number<std::int64_t>());
    if (jobs.size() < kPage || ids.back() == 0) break;
    before = fmt::format("&to_id={}", ids.back() - 1);
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

Result<void> retry(HttpClient& client, const std::vector<std::int64_t>& ids, bool as_json) {
  json::array retried;
  json::array failures;
  std::string message;
  for (const std::int64_t id : ids) {
    auto reply = client.post(fmt::format("/api/v1/sync/jobs/{}/retry", id), "application/json", "");
    if (reply.has_error()) return reply.error();
    if (reply->status == 200) {
      retried.emplace_back(id);
      continue;
    }
    const Error error = reply_error(*reply, fmt::format("job {}", id));
    failures.push_back(json::object{{"id", id}, {"error", error.message}});
    if (message.empty()) message = error.message;
  }
  const std::size_t failed = failures.size();
  if (as_json) {
    fmt::print("{}\n", json::serialize(json::object{{"retried", retried}, {"failed", failures}}));
  } else {
    fmt::print("{} jobs queued again\n", retried.size());
  }
  if (failed == 0) return {};
  return fail(ErrorKind::kConflict, fmt::format("jobs: {} of {} could not be queued again; the first: {}",
                                                failed, ids.size(), message));
}

}  // namespace

Result<void> jobs(const Context& context, const JobsRequest& request) {
  return with_server(context, [&](HttpClient& client) -> Result<void> {
    if (request.retry) return retry(client, {*request.retry}, request.json);
    if (!request.retry_all) return list(client, request);
    const auto dead = dead_jobs(client);
    return dead ? retry(client, *dead, request.json) : dead.error();
  });
}

}  // namespace wellspring::cli
