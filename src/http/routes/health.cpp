#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"
#include "runtime/offload.hpp"
#include "runtime/single_flight.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

double seconds_since(const Clock& clock, SteadyTime start) {
  return std::chrono::duration<double>(clock.steady() - start).count();
}

json::object vector_store(const Services& services, const Result<store::StoreCounts>& counts,
                          SteadyTime start) {
  services.metrics.set("vector_store_health", {}, counts ? 1 : 0);
  if (!counts) {
    // A store that is slow is not one that is gone: answers still come from the index.
    const bool slow = counts.error().kind == ErrorKind::kDeadline;
    return {{"status", slow ? "degraded" : "unhealthy"},
            {"error", wire::public_message(counts.error())},
            {"mongodb_available", false}};
  }
  const Readiness readiness = services.readiness();
  return {{"status", readiness.ready && readiness.reason.empty() ? "healthy" : "degraded"},
          {"mongodb_available", true},
          {"document_counts",
           json::object{{"total", counts->chunks}, {"published", counts->chunks}, {"draft", 0}}},
          {"check_duration_seconds", seconds_since(services.clock, start)}};
}

json::object answer_cache(const Services& services) {
  const auto use = services.answer_cache == nullptr ? rag::AnswerCache::Use{} : services.answer_cache->use();
  const double full =
      use.entries_max == 0 ? 0.0 : static_cast<double>(use.entries) / static_cast<double>(use.entries_max);
  return {{"status", "healthy"},
          {"cache_size", use.entries},
          {"cache_max_size", use.entries_max},
          {"cache_utilization", full}};
}

using StoreLook = runtime::SingleFlight<store::StoreCounts>;

asio::awaitable<Result<store::StoreCounts>> count(const Services& services) {
  auto work = [&services] { return services.articles.counts(); };
  co_return co_await runtime::offload(services.executors.blocking(), std::move(work));
}

asio::awaitable<Response> health(const Services& services, StoreLook& look) {
  const SteadyTime start = services.clock.steady();
  const Result<store::StoreCounts> counts = co_await look.get();
  json::object store = vector_store(services, counts, start);
  const json::value status = store["status"];
  const json::object model{{"status", "healthy"}, {"api_key_configured", services.language_model}};
  const json::object cache = answer_cache(services);
  co_return wire::json_response(
      200,
      json::object{{"status", status},
                   {"timestamp", format_timestamp(services.clock.wall())},
                   {"check_duration_seconds", seconds_since(services.clock, start)},
                   {"services", json::object{{"vector_store", store}, {"llm", model}, {"cache", cache}}}});
}

asio::awaitable<Response> live(const Services& services, const Request&) {
  Response response;
  response.body = R"({"status":"healthy","timestamp":")" + format_timestamp(services.clock.wall()) + "\"}";
  co_return response;
}

asio::awaitable<Response> ready(const Services& services, const Request&) {
  const Readiness readiness = services.readiness();
  json::object body{{"status", !readiness.ready           ? "unhealthy"
                               : readiness.reason.empty() ? "healthy"
                                                          : "degraded"},
                    {"timestamp", format_timestamp(services.clock.wall())},
                    {"ready", readiness.ready}};
  if (!readiness.reason.empty()) body["reason"] = readiness.reason;
  if (readiness.ready) co_return wire::json_response(200, body);
  Response response = wire::json_response(503, body);
  response.headers.emplace_back("Retry-After", "1");
  co_return response;
}

void refresh_gauges(const Services& services) {
  const auto snapshot = services.snapshot();
  const auto chunks = static_cast<double>(snapshot->chunk_count());
  services.metrics.set("wellspring_index_chunks", {}, chunks);
  services.metrics.set("wellspring_index_articles", {}, static_cast<double>(snapshot->article_count()));
  services.metrics.set("vector_store_documents_total", {{"status", "total"}}, chunks);
  services.metrics.set("vector_store_documents_total", {{"status", "published"}}, chunks);
  services.metrics.set("application_health", {{"service", "backend"}}, services.readiness().ready ? 1 : 0);
}

}  // namespace

void add_health(Router& router, const Services& services) {
  services.metrics.set("vector_store_health", {}, 1);
  services.metrics.before_render([&services] { refresh_gauges(services); });
  const RouteOptions uncounted{.admission = Admission::kAlways, .counted = false};
  const RouteOptions counted{.admission = Admission::kAlways};
  const auto look =
      std::make_shared<StoreLook>(services.executors.io(), services.clock, runtime::SingleFlightOptions{},
                                  [&services] { return count(services); });
  const Handler check = [&services, look](const Request&) { return health(services, *look); };
  router.add({Method::kGet, "/health", check, uncounted});
  router.add({Method::kGet, "/health/detailed", check, counted});
  router.add({Method::kGet, "/health/live", with(services, live), counted});
  router.add({Method::kGet, "/health/ready", with(services, ready), counted});
}

}  // namespace wellspring::http::routes
