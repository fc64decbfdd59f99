#include <boost/json.hpp>

#include <algorithm>

#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"
#include "runtime/offload.hpp"
#include "sync/payload.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t kSliceJobs = 500;    // made durable by one write
constexpr std::size_t kRowsMax = 100'000;  // of one request
constexpr std::string_view kBlank = " \t\r";

struct Rows {
  std::vector<model::NewJob> jobs;
  std::vector<std::size_t> lines;  ///< of each job, counted from 1
  json::array rejected;
};

void reject(Rows& rows, std::size_t line, const std::string& why) {
  rows.rejected.push_back(json::object{{"line", line}, {"error", why}});
}

/// Reads JSON lines; blank ones are skipped but counted.
Result<Rows> parse_rows(std::string_view body, const std::string& default_locale) {
  Rows rows;
  std::size_t line = 0;
  while (!body.empty()) {
    const std::string_view row = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), row.size() + 1));
    ++line;
    if (row.find_first_not_of(kBlank) == std::string_view::npos) continue;
    if (line > kRowsMax)
      return fail(ErrorKind::kTooLarge, "import: more than 100000 lines in one request; send several");
    auto job = sync::parse_import_row(row, default_locale);
    if (!job) {
      reject(rows, line, job.error().message);
      continue;
    }
    job->priority = model::JobPriority::kImport;
    rows.jobs.push_back(std::move(*job));
    rows.lines.push_back(line);
  }
  return rows;
}

/// Every row ends up in exactly one of the two lists, unless nothing was accepted because of `stopped`.
asio::awaitable<Response> accept_rows(const Services& services, Rows rows) {
  json::array accepted;
  for (std::size_t from = 0; from < rows.jobs.size(); from += kSliceJobs) {
    const std::size_t to = std::min(rows.jobs.size(), from + kSliceJobs);
    std::vector<std::string> article_ids;
    std::vector<model::NewJob> slice;
    for (std::size_t i = from; i < to; ++i) {
      article_ids.push_back(rows.jobs[i].article.key.id.value());
      slice.push_back(std::move(rows.jobs[i]));
    }
    const Result<std::vector<JobId>> ids = co_await services.intake.accept(std::move(slice));
    if (!ids && accepted.empty()) co_return wire::error_response(ids.error());
    for (std::size_t i = from; i < to; ++i) {
      if (ids)
        accepted.push_back(json::object{{"id", article_ids[i - from]}, {"job_id", (*ids)[i - from].value()}});
      else
        reject(rows, rows.lines[i], wire::public_message(ids.error()));
    }
  }
  co_return wire::json_response(200, json::object{{"accepted", accepted}, {"rejected", rows.rejected}});
}

asio::awaitable<Response> import(const Services& services, const Request& request) {
  auto work = [&] { return parse_rows(request.body, services.default_locale); };
  Result<Rows> rows = co_await runtime::offload(services.executors.cpu(), std::move(work));
  if (!rows) co_return wire::error_response(rows.error());
  co_return co_await accept_rows(services, std::move(*rows));
}

}  // namespace

void add_import(Router& router, const Services& services) {
  router.add({Method::kPost,
              "/api/v1/sync/import",
              with(services, import),
              {.body_bytes_max = services.sync_body_bytes_max,
               .access = Access::kOperator,
               .scope = model::Scope::kWrite}});
}

}  // namespace wellspring::http::routes
