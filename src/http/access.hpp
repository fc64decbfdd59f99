#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/limit/rate_limiter.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "store/token_file.hpp"

namespace wellspring::http {

struct AccessOptions {
  std::string admin_token{};  ///< the token, or `sha256:` and its hash; empty: none
  std::function<const store::TokenTable&()>
      stored_tokens{};  ///< those made by `wellspring token`; empty: none
  /// Wrong tokens of one client; over it the client's tokens are not even looked at (contract 1.10).
  RateLimits wrong_tokens{.per_minute = 10, .per_hour = 100};
};

/// Guards routes by their Access and Scope. With tokens: only requests that carry one as a Bearer token whose
/// scope suffices, but for public routes; the admin token has every scope. Without: operator routes answer
/// only local requests, which are requests of a loopback peer, not forwarded by a proxy, addressed to this
/// machine by a name or address of the loopback (so that no foreign page can reach them through a browser
/// here, by DNS rebinding or across origins). There are tokens when an admin token is configured or the file
/// of tokens exists. Not thread-safe.
class AccessRules {
 public:
  AccessRules(AccessOptions options, std::uint64_t hash_seed);
  /// The refusal (401, 403 or 429), or nothing when the request may pass.
  std::optional<Response> refuse(const RouteOptions& route, const Request& request, SteadyTime now);

 private:
  std::optional<Response> refuse_by_token(const RouteOptions& route, const Request& request,
                                          const store::TokenTable& stored, SteadyTime now);
  std::optional<model::Scope> scope_of(std::string_view token, const store::TokenTable& stored) const;

  const AccessOptions options_;
  const std::string admin_sha256_;  ///< empty: no admin token
  RateLimiter wrong_tokens_;
};

}  // namespace wellspring::http
