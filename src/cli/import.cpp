#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <set>
#include <span>

#include "cli/commands.hpp"
#include "cli/import_rows.hpp"
#include "cli/job_wait.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"

namespace wellspring::cli {
namespace {

namespace json = boost::json;

// A batch is one request and one durable write on the server.
constexpr std::size_t kBatchRows = 500;
constexpr std::size_t kBatchBytes = 4u << 20;
constexpr std::size_t kFailuresShown = 20;

/// What came of the rows sent so far.
struct Sent {
  std::size_t accepted = 0;
  std::int64_t first_job = 0;
  std::int64_t last_job = 0;
  std::vector<std::string> failures;  ///< "id: why"
};

/// Waits out a full queue, which holds more than an import may add at once for as long as the worker needs;
/// any other refusal is an error.
Result<json::value> post_batch(HttpClient& client, const std::string& body) {
  constexpr int kTries = 3'000;  // ten minutes without room for one batch
  for (int i = 0;; ++i) {
    auto reply = json_reply(client.post("/api/v1/sync/import", "application/x-ndjson", body), "import");
    if (reply.has_value() || reply.error().kind != ErrorKind::kOverloaded || i == kTries) return reply;
    usleep(200'000);
  }
}

Result<void> send_batch(HttpClient& client, std::span<const ImportRow> rows, Sent& sent) {
  std::string body;
  for (const ImportRow& row : rows) body += row.json + "\n";
  auto reply = post_batch(client, body);
  if (reply.has_error()) return reply.error();
  const json::object& answer = reply->get_object();
  for (const json::value& one : answer.at("accepted").as_array()) {
    const std::int64_t job = one.at("job_id").as_int64();
    if (sent.first_job == 0) sent.first_job = job;
    sent.last_job = job;
    ++sent.accepted;
  }
  for (const json::value& one : answer.at("rejected").as_array()) {
    const auto line = static_cast<std::size_t>(one.at("line").to_number<std::int64_t>() - 1);
    sent.failures.push_back(
        fmt::format("{}: {}", line < rows.size() ? rows[line].id : "?", one.at("error").as_string().c_str()));
  }
  return {};
}

Result<Sent> send_all(const Context& context, HttpClient& client, std::span<const ImportRow> rows) {
  Sent sent;
  Progress progress(context.clock, "sending  ", rows.size());
  for (std::size_t from = 0; from < rows.size();) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (from + count < rows.size() && count < kBatchRows &&
           (count == 0 || bytes + rows[from + count].json.size() < kBatchBytes)) {
      bytes += rows[from + count++].json.size();
    }
    auto done = send_batch(client, rows.subspan(from, count), sent);
    if (done.has_error()) return done.error();
    from += count;
    progress.update(from);
  }
  return sent;
}

/// Ids of imported articles that `rows` does not name.
Result<std::vector<ImportRow>> vanished(HttpClient& client, std::span<const ImportRow> rows) {
  constexpr std::size_t kPage = 500;
  std::set<std::string> named;
  for (const ImportRow& row : rows) named.insert(row.id);
  std::set<std::string> gone;
  for (std::size_t offset = 0;; offset += kPage) {
    auto page = json_reply(
        client.get(fmt::format("/api/v1/documents?source=import&limit={}&offset={}", kPage, offset)),
        "listing imported articles");
    if (page.has_error()) return page.error();
    const json::array& documents = page->at("documents").as_array();
    for (const json::value& document : documents) {
      std::string id(document.at("id").as_string());
      if (!named.contains(id)) gone.insert(std::move(id));
    }
    if (documents.size() < kPage) break;
  }
  std::vector<ImportRow> removals;
  for (const std::string& id : gone)
    removals.push_back({id, json::serialize(json::object{{"id", id}, {"deleted", true}})});
  return removals;
}

Result<void> wait_until_answerable(const Context& context, HttpClient& client, Sent& sent) {
  auto dead = wait_for_jobs(context, client, sent.accepted, sent.first_job, sent.last_job);
  if (dead.has_error()) return dead.error();
  sent.failures.insert(sent.failures.end(), dead->begin(), dead->end());
  return {};
}

Result<void> import_over(const Context& context, HttpClient& client, const ImportRequest& request,
                         std::vector<ImportRow> rows) {
  std::size_t removed = 0;
  if (request.prune) {
    auto removals = vanished(client, rows);
    if (removals.has_error()) return removals.error();
    removed = removals->size();
    rows.insert(rows.end(), removals->begin(), removals->end());
  }
  auto sent = send_all(context, client, rows);
  if (sent.has_error()) return sent.error();
  if (request.wait && sent->accepted > 0) {
    auto waited = wait_until_answerable(context, client, *sent);
    if (waited.has_error()) return waited;
  }
  fmt::print("{} {} articles{}, {} failed\n", request.wait ? "imported" : "accepted",
             sent->accepted - removed, removed > 0 ? fmt::format(", removed {} that vanished", removed) : "",
             sent->failures.size());
  if (sent->failures.empty()) return {};
  std::string message = fmt::format("import: {} of {} rows failed:", sent->failures.size(), rows.size());
  for (std::size_t i = 0; i < std::min(kFailuresShown, sent->failures.size()); ++i)
    message += "\n  " + sent->failures[i];
  if (sent->failures.size() > kFailuresShown) message += "\n  ...";
  return fail(ErrorKind::kInvalidArgument, message);
}

}  // namespace

Result<void> import_articles(const Context& context, const ImportRequest& request) {
  auto rows = collect_rows(request.paths);
  if (rows.has_error()) return rows.error();
  if (rows->empty() && !request.prune) {
    return fail(ErrorKind::kNotFound,
                "import: no Markdown files and no JSON lines there; want .md, .markdown, .jsonl or .ndjson");
  }
  return with_server(
      context, [&](HttpClient& client) { return import_over(context, client, request, std::move(*rows)); });
}

}  // namespace wellspring::cli
