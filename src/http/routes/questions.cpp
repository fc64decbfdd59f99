#include <boost/json.hpp>

#include <chrono>
#include <iterator>

#include "http/routes/routes.hpp"
#include "http/wire/questions.hpp"
#include "rag/unanswered.hpp"
#include "runtime/offload.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;

asio::awaitable<Response> list(const Services& services, const Request& request) {
  const auto query = wire::parse_questions_query(request);
  if (!query) co_return wire::validation_response(query.error().list);
  store::QuestionFilter filter{.analyzed = query->analyzed};
  if (const auto endpoint = request.query_parameter("endpoint_type"); endpoint && !endpoint->empty()) {
    filter.endpoint = wire::parse_endpoint_type(*endpoint);
    if (!filter.endpoint)
      co_return wire::error_response(400, "Invalid endpoint_type: use 'chat' or 'stream'.");
  }
  auto work = [&services, &query, &filter] {
    return services.questions.page(filter, query->offset(), query->page_size);
  };
  const Result<store::QuestionPage> page =
      co_await runtime::offload(services.questions_lane, std::move(work));
  if (!page) co_return wire::error_response(page.error());
  co_return wire::json_response(200, wire::to_json(*page, *query));
}

asio::awaitable<Response> stats(const Services& services, const Request&) {
  auto work = [&services] { return services.questions.stats(); };
  const Result<store::QuestionStats> counted =
      co_await runtime::offload(services.questions_lane, std::move(work));
  if (!counted) co_return wire::error_response(counted.error());
  co_return wire::json_response(200, wire::to_json(*counted));
}

constexpr std::size_t kRefusedPage = 1'000;
constexpr std::size_t kRefusedMax = 10'000;  // the newest; what nobody asks any more needs no article

Result<std::vector<model::UserQuestion>> read_refused(store::QuestionStore& questions) {
  std::vector<model::UserQuestion> refused;
  while (refused.size() < kRefusedMax) {
    auto page = questions.page({.outcome = model::QuestionOutcome::kRefused}, refused.size(), kRefusedPage);
    if (!page) return page.error();
    std::move(page->questions.begin(), page->questions.end(), std::back_inserter(refused));
    if (page->questions.size() < kRefusedPage) break;
  }
  return refused;
}

asio::awaitable<Response> unanswered(const Services& services, const Request& request) {
  const auto page = wire::parse_numbered_page(request);
  if (!page) co_return wire::validation_response(page.error().list);
  auto read = [&services] { return read_refused(services.questions); };
  const auto refused = co_await runtime::offload(services.questions_lane, std::move(read));
  if (!refused) co_return wire::error_response(refused.error());
  auto group = [&refused]() -> Result<std::vector<rag::UnansweredGroup>> {
    return rag::group_unanswered(*refused);
  };
  const auto groups = co_await runtime::offload(services.executors.cpu(), std::move(group));
  if (!groups) co_return wire::error_response(groups.error());
  co_return wire::json_response(200, wire::to_json(*groups, *page, refused->size()));
}

constexpr std::chrono::seconds kSettle{5};
constexpr std::size_t kFeedbackBodyBytes = 32u << 10;

/// One verdict for each answer. The question may still be on its way to the store when its reader is quick.
asio::awaitable<Response> feedback(const Services& services, const Request& request) {
  const auto given = wire::parse_feedback(request.body);
  if (!given) co_return wire::validation_response(given.error().list);
  Result<void> stored = store::no_such_question(given->question);
  if (!given->question.value().empty()) {
    co_await services.question_log.settle(kSettle);
    auto work = [&services, &given] {
      const model::Feedback said{given->helpful, given->comment, services.clock.wall()};
      return services.questions.set_feedback(given->question, said);
    };
    stored = co_await runtime::offload(services.questions_lane, std::move(work));
  }
  if (!stored && stored.error().kind == ErrorKind::kNotFound) {
    co_return wire::error_response(404, "not_found",
                                   "No question has this question_id, or it was forgotten.");
  }
  if (!stored) co_return wire::error_response(stored.error());
  const std::string verdict = given->helpful ? "helpful" : "unhelpful";
  services.metrics.count("wellspring_feedback_total", {{"verdict", verdict}});
  co_return wire::json_response(
      200, boost::json::object{{"status", "stored"}, {"question_id", given->question.value()}});
}

}  // namespace

void add_questions(Router& router, const Services& services) {
  const RouteOptions guarded{.access = Access::kTokenHolder, .scope = model::Scope::kRead};
  for (const char* all : {"/api/v1/questions/", "/api/v1/questions"}) {  // contract D1
    router.add({Method::kGet, all, with(services, list), guarded});
  }
  router.add({Method::kGet, "/api/v1/questions/stats", with(services, stats), guarded});
  router.add({Method::kGet, "/api/v1/questions/unanswered", with(services, unanswered), guarded});
  router.add(
      {Method::kPost, "/api/v1/feedback", with(services, feedback), {.body_bytes_max = kFeedbackBodyBytes}});
}

}  // namespace wellspring::http::routes
