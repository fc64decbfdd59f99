#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"
#include "http/wire/pools.hpp"
#include "http/wire/reconcile.hpp"
#include "http/wire/usage.hpp"

namespace wellspring::http::routes {
namespace {

boost::asio::awaitable<Response> pools(const Services& services, const Request&) {
  const mongo::PoolsReport report = services.pools();
  if (report.pools.empty()) {
    co_return wire::error_response(404, "not_found",
                                   "There are no pools: everything is kept in the data directory. Set "
                                   "mongo.uri to keep it in MongoDB.");
  }
  co_return wire::json_response(200, wire::to_json(report, services.clock.steady()));
}

boost::json::object sweep_state(const sync::Reconciler& reconciler) {
  const auto report = reconciler.report();
  boost::json::value last = nullptr;
  if (report) last = wire::to_json(*report);
  return {{"running", reconciler.is_running()}, {"report", std::move(last)}};
}

Response no_cms() {
  return wire::error_response(404, "not_found",
                              "There is no CMS to compare with: set cms.url to where it answers.");
}

boost::asio::awaitable<Response> last_sweep(const Services& services, const Request&) {
  if (services.reconciler == nullptr) co_return no_cms();
  co_return wire::json_response(200, sweep_state(*services.reconciler));
}

boost::asio::awaitable<Response> begin_sweep(const Services& services, const Request& request) {
  if (services.reconciler == nullptr) co_return no_cms();
  const auto wanted = wire::parse_reconcile_request(request);
  if (!wanted) co_return wire::validation_response(wanted.error().list);
  if (const auto begun = services.reconciler->begin(*wanted); !begun)
    co_return wire::error_response(begun.error());
  co_return wire::json_response(202, sweep_state(*services.reconciler));
}

boost::asio::awaitable<Response> usage(const Services& services, const Request&) {
  rag::SpendRecord record;
  rag::SpendLimits limits;
  if (services.spend != nullptr) {
    record = services.spend->record();
    limits = services.spend->limits();
  }
  co_return wire::json_response(200, wire::to_json(record, limits));
}

boost::asio::awaitable<Response> usage_status(const Services& services, const Request&) {
  const rag::SpendLevel level = services.spend == nullptr ? rag::SpendLevel::kOk : services.spend->level();
  co_return wire::json_response(200, wire::usage_status_json(level));
}

}  // namespace

void add_admin(Router& router, const Services& services) {
  // Admitted under load as well: that is when an operator looks.
  const RouteOptions always{
      .access = Access::kOperator, .scope = model::Scope::kAdmin, .admission = Admission::kAlways};
  router.add({Method::kGet, "/api/v1/admin/pools", with(services, pools), always});
  router.add({Method::kGet, "/api/v1/admin/usage", with(services, usage), always});
  router.add({Method::kGet, "/api/v1/admin/reconcile", with(services, last_sweep),
              RouteOptions{.access = Access::kOperator, .scope = model::Scope::kAdmin}});
  // Before the server is ready half the jobs of the last run may not have been taken up again.
  router.add(
      {Method::kPost, "/api/v1/admin/reconcile", when_ready(services, begin_sweep),
       RouteOptions{.body_bytes_max = 1'024, .access = Access::kOperator, .scope = model::Scope::kAdmin}});
  router.add({Method::kGet, "/api/v1/admin/usage/status", with(services, usage_status), {}});
}

}  // namespace wellspring::http::routes
