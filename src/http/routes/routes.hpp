#pragma once

#include <span>

#include "http/router.hpp"
#include "http/services.hpp"
#include "http/static_file.hpp"

namespace wellspring::http {

/// Every route of the product (contract section 1, design section 4). `services` outlives the router.
Router product_routes(const Services& services, std::span<const StaticFile> page);

namespace routes {

using ServiceHandler = boost::asio::awaitable<Response> (*)(const Services&, const Request&);
Handler with(const Services& services, ServiceHandler handler);
/// What a request's Accept-Language comes to with what is published now; for bodies that name no locale.
std::string reader_locale(const Services& services, const Request& request);
/// As with(), but 503 until the server is ready: half an index must not answer.
Handler when_ready(const Services& services, ServiceHandler handler);

void add_site(Router& router, const Services& services, std::span<const StaticFile> page);
void add_health(Router& router, const Services& services);
void add_chat(Router& router, const Services& services);
void add_search(Router& router, const Services& services);
void add_sync(Router& router, const Services& services);
void add_jobs(Router& router, const Services& services);
void add_import(Router& router, const Services& services);
void add_documents(Router& router, const Services& services);
void add_sources(Router& router, const Services& services);
void add_questions(Router& router, const Services& services);
void add_admin(Router& router, const Services& services);

}  // namespace routes
}  // namespace wellspring::http
