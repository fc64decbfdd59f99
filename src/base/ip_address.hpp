#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wellspring {

/// An IPv4 or IPv6 address. IPv4 is kept as its IPv4-mapped IPv6 form, so `1.2.3.4` equals `::ffff:1.2.3.4`.
class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  /// `::`
  IpAddress() = default;
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  static IpAddress v4(const std::array<std::uint8_t, 4>& bytes);
  /// An address alone: no port, no brackets, no zone. Empty when `text` is none.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  /// With the bits after the first `bits` (of 128) cleared.
  IpAddress prefix(unsigned bits) const;
  const Bytes& bytes() const { return bytes_; }
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Bytes bytes_{};
};

/// The addresses that share a prefix: `10.0.0.0/8`, `2001:db8::/32`, or one address.
class IpNetwork {
 public:
  /// Errors: kInvalidArgument. Bits after the prefix are an error as well: `10.1.2.3/8` is a slip of the
  /// hand.
  static Result<IpNetwork> parse(std::string_view text);
  /// IPv4 networks hold IPv4 addresses only, IPv6 networks IPv6 addresses only.
  bool contains(const IpAddress& address) const;

 private:
  IpNetwork(const IpAddress& first, unsigned bits) : first_(first), bits_(bits) {}
  bool is_v4() const;
  IpAddress first_;
  unsigned bits_;  ///< of 128
};

}  // namespace wellspring
