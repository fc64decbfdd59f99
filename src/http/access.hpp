#pragma once

#include <optional>
#include <string>

#include "http/message.hpp"

namespace wellspring::http {

/// Guards operator routes. With a token: only requests that carry it as a Bearer token. Without: only local
/// ones, which are requests of a loopback peer, not forwarded by a proxy, addressed to this machine by a name
/// or address of the loopback (so that no foreign page can reach them through a browser here, by DNS
/// rebinding or across origins). Pure.
class OperatorAccess {
 public:
  /// Empty means no token is configured.
  explicit OperatorAccess(std::string token);
  /// The refusal (401 or 403), or nothing when the request may pass.
  std::optional<Response> refuse(const Request& request) const;

 private:
  std::string token_;
};

}  // namespace wellspring::http
