#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wellspring::net {

/// An IPv4 or IPv6 address in network byte order.
struct IpAddress {
  bool v4 = true;
  std::array<std::uint8_t, 16> bytes{};  ///< an IPv4 address has the first four
  bool operator==(const IpAddress&) const = default;
};

/// A block of addresses: those that share their first `prefix` bits with `base`.
struct IpBlock {
  IpAddress base;
  int prefix = 32;
};

/// What an address is for, by the registries of IANA. An IPv6 address that stands for an IPv4 address
/// (mapped, translated, NAT64, 6to4) is what that address is.
enum class AddressKind {
  kPublic,
  kUnspecified,  ///< this host or network
  kLoopback,
  kPrivate,
  kLinkLocal,
  kShared,     ///< behind a carrier's NAT
  kMulticast,  ///< and broadcast
  kReserved,   ///< documentation, benchmarks, tunnels, not assigned
};

std::string_view name(AddressKind kind);

/// Numbers only: `192.0.2.1`, `2001:db8::1`, without brackets or zone.
std::optional<IpAddress> parse_ip(std::string_view text);
/// An address, or ADDRESS/BITS without bits set beyond the prefix.
std::optional<IpBlock> parse_ip_block(std::string_view text);
std::string to_string(const IpAddress& address);

AddressKind kind_of(const IpAddress& address);
/// An IPv4-mapped address counts as the IPv4 address.
bool contains(const IpBlock& block, const IpAddress& address);

}  // namespace wellspring::net
