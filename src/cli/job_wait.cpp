#include "cli/job_wait.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/progress.hpp"

namespace wellspring::cli {
namespace {

namespace json = boost::json;

std::size_t count_of(const json::object& counts, std::string_view state) {
  const json::value* count = counts.if_contains(state);
  return count == nullptr ? 0 : count->to_number<std::size_t>();
}

Result<std::vector<std::string>> dead_jobs(HttpClient& client, std::int64_t first, std::int64_t last) {
  auto dead = json_reply(
      client.get(fmt::format("/api/v1/sync/jobs?state=dead&from_id={}&to_id={}&limit=100", first, last)),
      "listing failed jobs");
  if (dead.has_error()) return dead.error();
  std::vector<std::string> failures;
  for (const json::value& job : dead->at("jobs").as_array()) {
    failures.push_back(fmt::format("{}: {}", job.at("article_id").as_string().c_str(),
                                   job.at("last_error").as_string().c_str()));
  }
  return failures;
}

}  // namespace

Result<json::value> json_reply(Result<HttpReply> reply, std::string_view what, int also) {
  if (reply.has_error()) return reply.error();
  if (reply->status != 200 && reply->status != also) return reply_error(*reply, what);
  boost::system::error_code failed;
  json::value parsed = json::parse(reply->body, failed);
  if (failed || !parsed.is_object())
    return fail(ErrorKind::kUpstream, fmt::format("{}: the server's answer is no JSON object", what));
  return parsed;
}

Result<std::vector<std::string>> wait_for_jobs(const Context& context, HttpClient& client, std::size_t count,
                                               std::int64_t first, std::int64_t last) {
  Progress progress(context.clock, "indexing ", count);
  for (;;) {
    auto page =
        json_reply(client.get(fmt::format("/api/v1/sync/jobs?from_id={}&to_id={}&limit=0", first, last)),
                   "waiting for jobs");
    if (page.has_error()) return page.error();
    const json::object& counts = page->at("counts").as_object();
    const std::size_t open = count_of(counts, "queued") + count_of(counts, "running");
    progress.update(count - std::min(open, count));
    if (open == 0) break;
    usleep(100'000);
  }
  return dead_jobs(client, first, last);
}

}  // namespace wellspring::cli
