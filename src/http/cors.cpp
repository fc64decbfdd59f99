#include "http/cors.hpp"

#include <algorithm>

namespace wellspring::http {
namespace {

constexpr std::string_view kMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

void set_header(Response& response, std::string_view name, std::string value) {
  for (auto& [key, existing] : response.headers) {
    if (key == name) {
      existing = std::move(value);
      return;
    }
  }
  response.headers.emplace_back(name, std::move(value));
}

}  // namespace

Cors::Cors(std::vector<std::string> origins)
    : origins_(std::move(origins)),
      any_(std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {}

bool Cors::allows(std::string_view origin) const {
  return !origin.empty() && (any_ || std::find(origins_.begin(), origins_.end(), origin) != origins_.end());
}

std::optional<Response> Cors::preflight(const Request& request) const {
  const std::string_view origin = request.header("Origin");
  const std::string_view method = request.header("Access-Control-Request-Method");
  if (request.method != Method::kOptions || origin.empty() || method.empty()) return std::nullopt;

  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "OK";
  response.headers = {{"Vary", "Origin"},
                      {"Access-Control-Allow-Methods", std::string(kMethods)},
                      {"Access-Control-Max-Age", "600"},
                      {"Access-Control-Allow-Credentials", "true"}};
  if (const std::string_view headers = request.header("Access-Control-Request-Headers"); !headers.empty()) {
    response.headers.emplace_back("Access-Control-Allow-Headers", headers);
  }
  const Method asked = parse_method(method);
  if (!allows(origin)) {
    response.status = 400;
    response.body = "Disallowed CORS origin";
    return response;
  }
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  if (asked == Method::kOther) {
    response.status = 400;
    response.body = "Disallowed CORS method";
  }
  return response;
}

void Cors::decorate(const Request& request, Response& response) const {
  const std::string_view origin = request.header("Origin");
  if (!allows(origin)) return;
  set_header(response, "Access-Control-Allow-Origin", std::string(origin));
  set_header(response, "Access-Control-Allow-Credentials", "true");
  set_header(response, "Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
  set_header(response, "Vary", "Origin");
}

}  // namespace wellspring::http
