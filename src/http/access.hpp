#pragma once

#include <optional>
#include <string>

#include "http/message.hpp"
#include "http/router.hpp"

namespace wellspring::http {

/// Guards routes by their Access. With a token: only requests that carry it as a Bearer token, but for public
/// routes. Without: operator routes answer only local requests, which are requests of a loopback peer, not
/// forwarded by a proxy, addressed to this machine by a name or address of the loopback (so that no foreign
/// page can reach them through a browser here, by DNS rebinding or across origins). Pure.
class AccessRules {
 public:
  /// Empty means no token is configured.
  explicit AccessRules(std::string token);
  /// The refusal (401 or 403), or nothing when the request may pass.
  std::optional<Response> refuse(Access access, const Request& request) const;

 private:
  std::string token_;
};

}  // namespace wellspring::http
