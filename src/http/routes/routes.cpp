#include "http/routes/routes.hpp"

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
  return router;
}

namespace routes {

Handler with(const Services& services, ServiceHandler handler) {
  return [&services, handler](const Request& request) { return handler(services, request); };
}

}  // namespace routes
}  // namespace wellspring::http
