#include <boost/json.hpp>

#include <algorithm>

#include "base/version.hpp"
#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view kPagePolicy =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
constexpr std::string_view kDocsPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri "
    "'none'; form-action 'none'; frame-ancestors 'none'";

asio::awaitable<Response> root(const Services&, const Request&) {
  co_return wire::json_response(200, json::object{{"name", "Wellspring API"},
                                                  {"version", version()},
                                                  {"status", "operational"},
                                                  {"langsmith_enabled", false}});
}

asio::awaitable<Response> challenge(const Services&, const Request&) {
  co_return wire::json_response(200, json::object{{"challenge", "disabled"}, {"expires_in_seconds", 300}});
}

asio::awaitable<Response> metrics(const Services& services, const Request& request) {
  const bool open = request.query_parameter("format") == "openmetrics";
  Response response;
  response.content_type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8";
  response.body =
      services.metrics.render(open ? obs::MetricsFormat::kOpenMetrics : obs::MetricsFormat::kText);
  co_return response;
}

Handler redirect(const char* target) {
  return [target](const Request&) -> asio::awaitable<Response> {
    Response response;
    response.status = 307;
    response.content_type.clear();
    response.headers.emplace_back("Location", target);
    co_return response;
  };
}

/// An empty `policy` leaves the one of every answer.
Response serve(const StaticFile& file, std::string_view policy, const Request& request) {
  Response response;
  response.content_type = file.content_type;
  response.content_security_policy = policy;
  response.headers = {{"ETag", std::string(file.etag)}, {"Cache-Control", "no-cache"}};
  if (request.header("If-None-Match") == file.etag) {
    response.status = 304;
  } else {
    response.body = file.bytes;
  }
  return response;
}

Response find_and_serve(std::span<const StaticFile> page, std::string_view path, std::string_view policy,
                        const Request& request) {
  const auto at =
      std::find_if(page.begin(), page.end(), [&](const StaticFile& file) { return file.path == path; });
  return at == page.end() ? wire::error_response(404, "Not Found") : serve(*at, policy, request);
}

asio::awaitable<Response> page_file(std::span<const StaticFile> page, const Request& request) {
  const std::string_view asked = request.path_parameter("file");
  co_return find_and_serve(page, asked.empty() ? "index.html" : asked, kPagePolicy, request);
}

/// Serves the one file.
Handler file_at(std::span<const StaticFile> page, std::string_view path, std::string_view policy) {
  return [page, path, policy](const Request& request) -> asio::awaitable<Response> {
    co_return find_and_serve(page, path, policy, request);
  };
}

/// Not counted, as contract 6.1 has it. The page's scripts and styles lie beside those of `/ui/`.
void add_docs(Router& router, std::span<const StaticFile> page) {
  const RouteOptions uncounted{.counted = false};
  for (const Method method : {Method::kGet, Method::kHead}) {
    router.add({method, "/docs", file_at(page, "docs.html", kDocsPolicy), uncounted});
    router.add({method, "/openapi.json", file_at(page, "openapi.json", {}), uncounted});
  }
  router.add({Method::kGet, "/docs/", redirect("/docs"), uncounted});
  router.add({Method::kGet, "/redoc", redirect("/docs"), uncounted});
}

}  // namespace

void add_site(Router& router, const Services& services, std::span<const StaticFile> page) {
  const Handler file = [page](const Request& request) { return page_file(page, request); };
  router.add({Method::kGet, "/", with(services, root), {.admission = Admission::kAlways}});
  router.add({Method::kGet,
              "/metrics",
              with(services, metrics),
              {.admission = Admission::kAlways, .counted = false}});
  router.add({Method::kGet, "/api/v1/auth/challenge", with(services, challenge), {}});
  router.add({Method::kGet, "/ui", redirect("/ui/"), {}});
  for (const Method method : {Method::kGet, Method::kHead}) {
    router.add({method, "/ui/", file, {}});
    router.add({method, "/ui/{file...}", file, {}});
  }
  add_docs(router, page);
}

}  // namespace wellspring::http::routes
