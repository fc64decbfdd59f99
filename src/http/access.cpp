#include "http/access.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "http/wire/errors.hpp"

namespace wellspring::http {
namespace {

constexpr std::string_view kScheme = "Bearer ";

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

/// `Host` without its port: `localhost:8000` -> `localhost`, `[::1]:8000` -> `[::1]`.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.size(), host.find(']') + 1));
  return host.substr(0, host.find(':'));
}

bool names_loopback(std::string_view host) {
  const std::string_view name = host_name(host);
  const bool dotted_digits = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return name == "localhost" || name == "[::1]" || (dotted_digits && name.starts_with("127."));
}

/// A page of this server, or no page at all.
bool same_origin(const Request& request) {
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return true;
  const std::size_t scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos && origin.substr(scheme_end + 3) == request.header("Host");
}

bool forwarded(const Request& request) {
  return !request.header("X-Forwarded-For").empty() || !request.header("Forwarded").empty();
}

std::optional<Response> refuse_from_elsewhere(const Request& request) {
  const bool local = request.peer_is_loopback && !forwarded(request) && same_origin(request) &&
                     names_loopback(request.header("Host"));
  if (local) return std::nullopt;
  return wire::error_response(
      403, "Forbidden",
      "Without ADMIN_TOKEN this route answers local requests only. Set ADMIN_TOKEN and send it "
      "as a Bearer token.");
}

std::optional<Response> refuse_without_token(const Request& request, std::string_view token) {
  const std::string_view credentials = request.header("Authorization");
  if (credentials.starts_with(kScheme) && equal_in_constant_time(credentials.substr(kScheme.size()), token)) {
    return std::nullopt;
  }
  Response response =
      wire::error_response(401, "Unauthorized", "Send the admin token as `Authorization: Bearer <token>`.");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

AccessRules::AccessRules(std::string token) : token_(std::move(token)) {}

std::optional<Response> AccessRules::refuse(Access access, const Request& request) const {
  if (access == Access::kPublic) return std::nullopt;
  if (!token_.empty()) return refuse_without_token(request, token_);
  return access == Access::kOperator ? refuse_from_elsewhere(request) : std::nullopt;
}

}  // namespace wellspring::http
