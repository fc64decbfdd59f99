#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"
#include "http/wire/pools.hpp"

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

}  // namespace

void add_admin(Router& router, const Services& services) {
  // Admitted under load as well: that is when an operator looks.
  router.add(
      {Method::kGet, "/api/v1/admin/pools", with(services, pools),
       RouteOptions{
           .access = Access::kOperator, .scope = model::Scope::kAdmin, .admission = Admission::kAlways}});
}

}  // namespace wellspring::http::routes
