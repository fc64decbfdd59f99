#include "net/ip_address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace wellspring::net {
namespace {

namespace ip = boost::asio::ip;

struct KnownBlock {
  IpBlock block;
  AddressKind kind;
};

constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {.v4 = true, .bytes = {a, b, c, d}};
}

/// The first four groups; the others are zero.
constexpr IpAddress v6(std::uint16_t a, std::uint16_t b = 0, std::uint16_t c = 0, std::uint16_t d = 0) {
  IpAddress address{.v4 = false};
  std::size_t at = 0;
  for (const std::uint16_t group : {a, b, c, d}) {
    address.bytes[at++] = static_cast<std::uint8_t>(group >> 8);
    address.bytes[at++] = static_cast<std::uint8_t>(group & 0xFF);
  }
  return address;
}

// IANA IPv4 Special-Purpose Address Registry, multicast and former class E.
constexpr KnownBlock kV4Blocks[] = {
    {{v4(0, 0, 0, 0), 8}, AddressKind::kUnspecified},
    {{v4(10, 0, 0, 0), 8}, AddressKind::kPrivate},
    {{v4(100, 64, 0, 0), 10}, AddressKind::kShared},
    {{v4(127, 0, 0, 0), 8}, AddressKind::kLoopback},
    {{v4(169, 254, 0, 0), 16}, AddressKind::kLinkLocal},
    {{v4(172, 16, 0, 0), 12}, AddressKind::kPrivate},
    {{v4(192, 0, 0, 0), 24}, AddressKind::kReserved},
    {{v4(192, 0, 2, 0), 24}, AddressKind::kReserved},
    {{v4(192, 88, 99, 0), 24}, AddressKind::kReserved},
    {{v4(192, 168, 0, 0), 16}, AddressKind::kPrivate},
    {{v4(198, 18, 0, 0), 15}, AddressKind::kReserved},
    {{v4(198, 51, 100, 0), 24}, AddressKind::kReserved},
    {{v4(203, 0, 113, 0), 24}, AddressKind::kReserved},
    {{v4(224, 0, 0, 0), 4}, AddressKind::kMulticast},
    {{v4(255, 255, 255, 255), 32}, AddressKind::kMulticast},
    {{v4(240, 0, 0, 0), 4}, AddressKind::kReserved},
};

// What lies in global unicast without being public, and what has a name outside of it.
constexpr KnownBlock kV6Blocks[] = {
    {{v6(0x64, 0xFF9B, 1), 48}, AddressKind::kPrivate},  // NAT64 for local use
    {{v6(0x2001), 23}, AddressKind::kReserved},          // protocol assignments, Teredo among them
    {{v6(0x2001, 0xDB8), 32}, AddressKind::kReserved},  {{v6(0x3FFF), 20}, AddressKind::kReserved},
    {{v6(0xFC00), 7}, AddressKind::kPrivate},           {{v6(0xFE80), 10}, AddressKind::kLinkLocal},
    {{v6(0xFEC0), 10}, AddressKind::kPrivate},          {{v6(0xFF00), 8}, AddressKind::kMulticast},
};

constexpr IpBlock kGlobalUnicast{v6(0x2000), 3};
constexpr IpBlock kNat64{v6(0x64, 0xFF9B), 96};
constexpr IpBlock k6to4{v6(0x2002), 16};

bool shares_prefix(const IpBlock& block, const IpAddress& address) {
  if (block.base.v4 != address.v4) return false;
  for (int bit = 0; bit < block.prefix; bit += 8) {
    const int left = std::min(8, block.prefix - bit);
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - left));
    const auto at = static_cast<std::size_t>(bit / 8);
    if ((block.base.bytes[at] & mask) != (address.bytes[at] & mask)) return false;
  }
  return true;
}

IpAddress v4_at(const IpAddress& address, std::size_t at) {
  return v4(address.bytes[at], address.bytes[at + 1], address.bytes[at + 2], address.bytes[at + 3]);
}

bool are_zero(const IpAddress& address, std::size_t from, std::size_t to) {
  return std::all_of(address.bytes.begin() + static_cast<std::ptrdiff_t>(from),
                     address.bytes.begin() + static_cast<std::ptrdiff_t>(to),
                     [](std::uint8_t byte) { return byte == 0; });
}

bool is_mapped(const IpAddress& address) {
  return !address.v4 && are_zero(address, 0, 10) && address.bytes[10] == 0xFF && address.bytes[11] == 0xFF;
}

/// ::ffff:0:a.b.c.d of stateless translation.
bool is_translated(const IpAddress& address) {
  return are_zero(address, 0, 8) && address.bytes[8] == 0xFF && address.bytes[9] == 0xFF &&
         are_zero(address, 10, 12);
}

/// An interface id of ISATAP, which tunnels to the IPv4 address in it.
bool is_isatap(const IpAddress& address) {
  return (address.bytes[8] & 0xFC) == 0 && address.bytes[9] == 0 && address.bytes[10] == 0x5E &&
         address.bytes[11] == 0xFE;
}

AddressKind kind_of_v4(const IpAddress& address) {
  for (const KnownBlock& known : kV4Blocks) {
    if (shares_prefix(known.block, address)) return known.kind;
  }
  return AddressKind::kPublic;
}

AddressKind unless_public(AddressKind kind) {
  return kind == AddressKind::kPublic ? AddressKind::kReserved : kind;
}

AddressKind kind_of_v6(const IpAddress& address) {
  if (is_mapped(address)) return kind_of_v4(v4_at(address, 12));
  if (are_zero(address, 0, 12)) {
    if (are_zero(address, 12, 15)) {
      if (address.bytes[15] == 0) return AddressKind::kUnspecified;
      if (address.bytes[15] == 1) return AddressKind::kLoopback;
    }
    // IPv4-compatible: given up long ago, nothing public lives there.
    return unless_public(kind_of_v4(v4_at(address, 12)));
  }
  if (is_translated(address)) return unless_public(kind_of_v4(v4_at(address, 12)));
  if (shares_prefix(kNat64, address)) return kind_of_v4(v4_at(address, 12));
  if (shares_prefix(k6to4, address)) return kind_of_v4(v4_at(address, 2));
  for (const KnownBlock& known : kV6Blocks) {
    if (shares_prefix(known.block, address)) return known.kind;
  }
  if (!shares_prefix(kGlobalUnicast, address)) return AddressKind::kReserved;
  return is_isatap(address) ? kind_of_v4(v4_at(address, 12)) : AddressKind::kPublic;
}

}  // namespace

std::string_view name(AddressKind kind) {
  switch (kind) {
    case AddressKind::kPublic:
      return "public";
    case AddressKind::kUnspecified:
      return "unspecified";
    case AddressKind::kLoopback:
      return "loopback";
    case AddressKind::kPrivate:
      return "private";
    case AddressKind::kLinkLocal:
      return "link-local";
    case AddressKind::kShared:
      return "shared";
    case AddressKind::kMulticast:
      return "multicast";
    case AddressKind::kReserved:
      return "reserved";
  }
  return "reserved";
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  boost::system::error_code failed;
  const ip::address parsed = ip::make_address(std::string(text), failed);
  if (failed || text.find('%') != std::string_view::npos) return std::nullopt;
  IpAddress address{.v4 = parsed.is_v4()};
  if (address.v4) {
    const auto bytes = parsed.to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  } else {
    address.bytes = parsed.to_v6().to_bytes();
  }
  return address;
}

std::optional<IpBlock> parse_ip_block(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int most = base->v4 ? 32 : 128;
  IpBlock block{*base, most};
  if (slash == std::string_view::npos) return block;
  const std::string_view bits = text.substr(slash + 1);
  const auto [end, failed] = std::from_chars(bits.data(), bits.data() + bits.size(), block.prefix);
  if (failed != std::errc{} || end != bits.data() + bits.size() || block.prefix < 0 || block.prefix > most)
    return std::nullopt;
  IpAddress first = block.base;
  for (int bit = block.prefix; bit < most; ++bit) {
    first.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
  }
  return first == block.base ? std::optional(block) : std::nullopt;
}

std::string to_string(const IpAddress& address) {
  if (address.v4) {
    const ip::address_v4::bytes_type bytes{address.bytes[0], address.bytes[1], address.bytes[2],
                                           address.bytes[3]};
    return ip::address_v4(bytes).to_string();
  }
  return ip::make_address_v6(address.bytes).to_string();
}

AddressKind kind_of(const IpAddress& address) {
  return address.v4 ? kind_of_v4(address) : kind_of_v6(address);
}

bool contains(const IpBlock& block, const IpAddress& address) {
  return shares_prefix(block, address) || (is_mapped(address) && shares_prefix(block, v4_at(address, 12)));
}

}  // namespace wellspring::net
