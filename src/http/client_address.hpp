#pragma once

#include <vector>

#include "base/ip_address.hpp"
#include "http/message.hpp"

namespace wellspring::http {

/// Whose request it is. That is the peer, unless the peer is a proxy that was named as trusted: then it is
/// the last address in X-Forwarded-For that is not such a proxy itself, because each proxy appends whom it
/// was called by and everything before that came from outside. What a stranger writes into headers counts
/// nowhere, and no other header (CF-Connecting-IP, X-Real-IP, Forwarded, fingerprints) is read at all. Pure.
class ProxyTrust {
 public:
  explicit ProxyTrust(std::vector<IpNetwork> trusted);

  bool trusts(const IpAddress& address) const;
  /// The address behind a trusted `peer`. Where something else than an address stands in its place, that of
  /// the proxy that wrote it; where all are trusted, the first.
  IpAddress client_of(const IpAddress& peer, const Request& request) const;

 private:
  std::vector<IpNetwork> trusted_;
};

/// Clients that count as one: an IPv6 subscriber has 2^64 addresses at least, so those share their /64.
IpAddress accounted_as(const IpAddress& client);

}  // namespace wellspring::http
