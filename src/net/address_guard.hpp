#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/ip_address.hpp"
#include "net/url.hpp"

namespace wellspring::net {

/// Decides which addresses the process may contact on behalf of others (a URL in a source, a redirect):
/// public ones at the ports of the web. What an operator allows comes on top. Pure; ask it for every address
/// that a name resolved to, and connect to no other.
class AddressGuard {
 public:
  /// `allow` holds host names, addresses and blocks (ADDRESS/BITS); they are allowed at every port. Errors:
  /// kInvalidArgument naming the entry.
  static Result<AddressGuard> create(const std::vector<std::string>& allow);

  /// Allows one scheme, host and port, whatever its address: the operator named it in full.
  void allow_origin(Url url) { origins_.push_back(std::move(url)); }

  /// kInvalidArgument with the reason when `url` may not be fetched from `address`.
  Result<void> check(const Url& url, const IpAddress& address) const;

 private:
  bool is_allowed(const Url& url, const IpAddress& address) const;

  std::vector<std::string> names_;
  std::vector<IpBlock> blocks_;
  std::vector<Url> origins_;
};

}  // namespace wellspring::net
