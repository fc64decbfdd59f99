#include "http/routes/routes.hpp"

#include "http/accept_language.hpp"
#include "http/wire/errors.hpp"

namespace wellspring::http {

Router product_routes(const Services& services, std::span<const StaticFile> page) {
  Router router;
  routes::add_site(router, services, page);
  routes::add_health(router, services);
  routes::add_chat(router, services);
  routes::add_search(router, services);
  routes::add_sync(router, services);
  routes::add_jobs(router, services);
  routes::add_import(router, services);
  routes::add_documents(router, services);
  routes::add_sources(router, services);
  routes::add_questions(router, services);
  routes::add_admin(router, services);
  return router;
}

namespace routes {
namespace {

boost::asio::awaitable<Response> not_ready(const Services& services, const Request&) {
  Response response = wire::error_response(503, "unavailable", "Not ready: " + services.readiness().reason);
  response.headers.emplace_back("Retry-After", "1");
  co_return response;
}

}  // namespace

std::string reader_locale(const Services& services, const Request& request) {
  return http::reader_locale(request.header("Accept-Language"), services.snapshot()->locales(),
                             services.default_locale);
}

Handler with(const Services& services, ServiceHandler handler) {
  return [&services, handler](const Request& request) { return handler(services, request); };
}

Handler when_ready(const Services& services, ServiceHandler handler) {
  return [&services, handler](const Request& request) {
    return services.readiness().ready ? handler(services, request) : not_ready(services, request);
  };
}

}  // namespace routes
}  // namespace wellspring::http
