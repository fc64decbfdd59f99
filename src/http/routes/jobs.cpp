#include <boost/json.hpp>

#include <limits>

#include "http/routes/routes.hpp"
#include "http/wire/jobs.hpp"
#include "http/wire/page.hpp"
#include "runtime/offload.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

struct JobsQuestion {
  store::JobFilter filter;
  wire::Page page;
};

std::optional<JobId> id_parameter(const Request& request, std::string_view parameter,
                                  wire::Problems& problems) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const std::int64_t id = wire::integer_parameter(request, parameter, 0, kMost, -1, problems);
  return id < 0 ? std::nullopt : std::optional(JobId(id));
}

/// The counts are over all states, whatever state the page shows.
store::JobFilter any_state(store::JobFilter filter) {
  filter.state.reset();
  return filter;
}

wire::Parsed<JobsQuestion> parse_jobs_question(const Request& request) {
  wire::Problems problems;
  JobsQuestion question;
  question.page = wire::page_parameters(request, problems);
  if (const auto state = request.query_parameter("state"); state && !state->empty()) {
    question.filter.state = wire::parse_job_state(*state);
    if (!question.filter.state) {
      problems.list.push_back(
          {"enum", {"query", "state"}, wire::one_of_message({"queued", "running", "done", "dead"}), "null"});
    }
  }
  if (const auto article = request.query_parameter("article_id"); article && !article->empty()) {
    question.filter.article = ArticleId(*article);
  }
  question.filter.first = id_parameter(request, "from_id", problems);
  question.filter.last = id_parameter(request, "to_id", problems);
  if (!problems.list.empty()) return problems;
  return question;
}

Result<json::object> list_jobs(store::JobJournal& journal, const JobsQuestion& question) {
  const auto counts = journal.counts(any_state(question.filter));
  if (!counts) return counts.error();
  json::array jobs;
  if (question.page.limit > 0) {
    const auto found = journal.list(question.filter, question.page.offset, question.page.limit);
    if (!found) return found.error();
    for (const model::Job& job : *found) jobs.push_back(wire::to_json(job));
  }
  return json::object{{"jobs", std::move(jobs)}, {"counts", wire::to_json(*counts)}};
}

asio::awaitable<Response> jobs(const Services& services, const Request& request) {
  const auto question = parse_jobs_question(request);
  if (!question) co_return wire::validation_response(question.error().list);
  auto work = [&services, &question] { return list_jobs(services.journal, *question); };
  const Result<json::object> body = co_await runtime::offload(services.executors.blocking(), std::move(work));
  if (!body) co_return wire::error_response(body.error());
  co_return wire::json_response(200, *body);
}

wire::Parsed<JobId> parse_job_id(const Request& request) {
  const auto number = wire::parse_decimal(request.path_parameter("id"));
  if (number && *number >= 0) return JobId(*number);
  return wire::Problems{{{"int_parsing", {"path", "id"}, "Input should be a job's number", "null"}}};
}

Result<model::Job> find_job(store::JobJournal& journal, JobId id) {
  auto found = journal.find(id);
  if (!found) return found.error();
  if (!*found)
    return fail(ErrorKind::kNotFound,
                "no job " + std::to_string(id.value()) + "; done jobs are forgotten after a while");
  return std::move(**found);
}

asio::awaitable<Response> job(const Services& services, const Request& request) {
  const auto id = parse_job_id(request);
  if (!id) co_return wire::validation_response(id.error().list);
  auto work = [&services, &id] { return find_job(services.journal, *id); };
  const Result<model::Job> found = co_await runtime::offload(services.executors.blocking(), std::move(work));
  if (!found) co_return wire::error_response(found.error());
  co_return wire::json_response(200, wire::to_json(*found));
}

asio::awaitable<Response> retry(const Services& services, const Request& request) {
  const auto id = parse_job_id(request);
  if (!id) co_return wire::validation_response(id.error().list);
  auto work = [&services, &id]() -> Result<model::Job> {
    if (auto retried = services.journal.retry(*id); !retried) return retried.error();
    return find_job(services.journal, *id);
  };
  const Result<model::Job> retried =
      co_await runtime::offload(services.executors.blocking(), std::move(work));
  if (!retried) co_return wire::error_response(retried.error());
  services.wake_worker();
  co_return wire::json_response(200, wire::to_json(*retried));
}

}  // namespace

void add_jobs(Router& router, const Services& services) {
  const RouteOptions guarded{.access = Access::kOperator, .scope = model::Scope::kRead};
  const RouteOptions guarded_post{
      .body_bytes_max = 1'024, .access = Access::kOperator, .scope = model::Scope::kWrite};
  router.add({Method::kGet, "/api/v1/sync/jobs", with(services, jobs), guarded});
  router.add({Method::kGet, "/api/v1/sync/jobs/{id}", with(services, job), guarded});
  router.add({Method::kPost, "/api/v1/sync/jobs/{id}/retry", with(services, retry), guarded_post});
}

}  // namespace wellspring::http::routes
