#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/questions.hpp"
#include "runtime/offload.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;

asio::awaitable<Response> list(const Services& services, const Request& request) {
  const auto query = wire::parse_questions_query(request);
  if (!query) co_return wire::validation_response(query.error().list);
  store::QuestionFilter filter{.analyzed = query->analyzed, .endpoint = {}};
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

}  // namespace

void add_questions(Router& router, const Services& services) {
  const RouteOptions guarded{.access = Access::kTokenHolder, .scope = model::Scope::kRead};
  for (const char* all : {"/api/v1/questions/", "/api/v1/questions"}) {  // contract D1
    router.add({Method::kGet, all, with(services, list), guarded});
  }
  router.add({Method::kGet, "/api/v1/questions/stats", with(services, stats), guarded});
}

}  // namespace wellspring::http::routes
