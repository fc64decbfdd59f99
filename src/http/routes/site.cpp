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

asio::awaitable<Response> to_page(const Request&) {
  Response response;
  response.status = 307;
  response.content_type.clear();
  response.headers.emplace_back("Location", "/ui/");
  co_return response;
}

Response serve(const StaticFile& file, const Request& request) {
  Response response;
  response.content_type = file.content_type;
  response.content_security_policy = kPagePolicy;
  response.headers = {{"ETag", std::string(file.etag)}, {"Cache-Control", "no-cache"}};
  if (request.header("If-None-Match") == file.etag) {
    response.status = 304;
  } else {
    response.body = file.bytes;
  }
  return response;
}

asio::awaitable<Response> page_file(std::span<const StaticFile> page, const Request& request) {
  const std::string_view asked = request.path_parameter("file");
  const std::string_view path = asked.empty() ? std::string_view("index.html") : asked;
  const auto at =
      std::find_if(page.begin(), page.end(), [&](const StaticFile& file) { return file.path == path; });
  if (at == page.end()) co_return wire::error_response(404, "Not Found");
  co_return serve(*at, request);
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
  router.add({Method::kGet, "/ui", to_page, {}});
  for (const Method method : {Method::kGet, Method::kHead}) {
    router.add({method, "/ui/", file, {}});
    router.add({method, "/ui/{file...}", file, {}});
  }
}

}  // namespace wellspring::http::routes
