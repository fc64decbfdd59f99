#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"
#include "http/wire/pools.hpp"
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
  router.add(
      {Method::kGet, "/api/v1/admin/pools", with(services, pools),
       RouteOptions{
           .access = Access::kOperator, .scope = model::Scope::kAdmin, .admission = Admission::kAlways}});
  router.add(
      {Method::kGet, "/api/v1/admin/usage", with(services, usage),
       RouteOptions{
           .access = Access::kOperator, .scope = model::Scope::kAdmin, .admission = Admission::kAlways}});
  router.add({Method::kGet, "/api/v1/admin/usage/status", with(services, usage_status), {}});
}

}  // namespace wellspring::http::routes
