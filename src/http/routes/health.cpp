#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"
#include "runtime/offload.hpp"

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
    return {{"status", "unhealthy"},
            {"error", wire::public_message(counts.error())},
            {"mongodb_available", false}};
  }
  const bool ready = services.readiness().ready;
  return {{"status", ready ? "healthy" : "degraded"},
          {"mongodb_available", true},
          {"document_counts",
           json::object{{"total", counts->chunks}, {"published", counts->chunks}, {"draft", 0}}},
          {"check_duration_seconds", seconds_since(services.clock, start)}};
}

asio::awaitable<Response> health(const Services& services, const Request&) {
  const SteadyTime start = services.clock.steady();
  auto count = [&services] { return services.articles.counts(); };
  const Result<store::StoreCounts> counts =
      co_await runtime::offload(services.executors.blocking(), std::move(count));
  json::object store = vector_store(services, counts, start);
  const json::value status = store["status"];
  const json::object model{{"status", "healthy"}, {"api_key_configured", services.language_model}};
  const json::object cache{
      {"status", "healthy"}, {"cache_size", 0}, {"cache_max_size", 0}, {"cache_utilization", 0.0}};
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
  json::object body{{"status", readiness.ready ? "healthy" : "unhealthy"},
                    {"timestamp", format_timestamp(services.clock.wall())},
                    {"ready", readiness.ready}};
  if (readiness.ready) co_return wire::json_response(200, body);
  body["reason"] = readiness.reason;
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
  router.add({Method::kGet, "/health", with(services, health), uncounted});
  router.add({Method::kGet, "/health/detailed", with(services, health), counted});
  router.add({Method::kGet, "/health/live", with(services, live), counted});
  router.add({Method::kGet, "/health/ready", with(services, ready), counted});
}

}  // namespace wellspring::http::routes
