#include "http/access.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "http/client_address.hpp"
#include "http/wire/errors.hpp"
#include "http/wire/rate_limit.hpp"

namespace wellspring::http {
namespace {

constexpr std::string_view kScheme = "Bearer ";
constexpr std::string_view kHashed = "sha256:";

std::string admin_sha256(const std::string& token) {
  if (token.empty()) return {};
  if (token.starts_with(kHashed)) {
    // What is no hash matches nothing; the options table refuses it.
    return model::parse_sha256(std::string_view(token).substr(kHashed.size())).value_or(token);
  }
  return sha256_hex(token);
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

Response unauthorized(std::string_view message) {
  Response response = wire::error_response(401, "Unauthorized", message);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

AccessRules::AccessRules(AccessOptions options, std::uint64_t hash_seed)
    : options_(std::move(options)),
      admin_sha256_(admin_sha256(options_.admin_token)),
      wrong_tokens_({.client = options_.wrong_tokens, .hash_seed = hash_seed}) {}

std::optional<Response> AccessRules::refuse(const RouteOptions& route, const Request& request,
                                            SteadyTime now) {
  if (route.access == Access::kPublic) return std::nullopt;
  static const store::TokenTable kNone;
  const store::TokenTable& stored = options_.stored_tokens ? options_.stored_tokens() : kNone;
  if (!admin_sha256_.empty() || stored.exists) return refuse_by_token(route, request, stored, now);
  return route.access == Access::kOperator ? refuse_from_elsewhere(request) : std::nullopt;
}

std::optional<Response> AccessRules::refuse_by_token(const RouteOptions& route, const Request& request,
                                                     const store::TokenTable& stored, SteadyTime now) {
  const std::string_view credentials = request.header("Authorization");
  if (!credentials.starts_with(kScheme))
    return unauthorized("Send an access token as `Authorization: Bearer <token>`.");
  const IpAddress client = accounted_as(request.client);
  // Before the token is looked at: otherwise the answer would tell a right guess from a wrong one all the
  // same.
  if (const auto refusal = wrong_tokens_.look(client, now)) {
    return wire::rate_limited("Too many wrong access tokens from this address.", options_.wrong_tokens,
                              *refusal, now, Timestamp{});
  }
  const auto scope = scope_of(credentials.substr(kScheme.size()), stored);
  if (!scope) {
    wrong_tokens_.check(client, now);
    return unauthorized("This access token is not known here, or was revoked.");
  }
  if (*scope >= route.scope) return std::nullopt;
  return wire::scope_missing(*scope, route.scope);
}

/// Compares with every token there is, so that the time tells nothing.
std::optional<model::Scope> AccessRules::scope_of(std::string_view token,
                                                  const store::TokenTable& stored) const {
  const std::string presented = sha256_hex(token);
  std::optional<model::Scope> scope;
  for (const model::AccessToken& known : stored.tokens) {
    if (equal_in_constant_time(presented, known.sha256)) scope = std::max(scope, std::optional(known.scope));
  }
  if (equal_in_constant_time(presented, admin_sha256_)) scope = model::Scope::kAdmin;
  return scope;
}

}  // namespace wellspring::http
