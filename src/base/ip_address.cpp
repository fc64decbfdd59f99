#include "base/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace wellspring {
namespace {

constexpr IpAddress::Bytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;
constexpr unsigned kAllBits = 128;
constexpr std::size_t kLongestText = 45;  // an IPv4-mapped address written out

Error no_network(std::string_view text, std::string_view why) {
  return fail(ErrorKind::kInvalidArgument,
              "'" + std::string(text) + "' " + std::string(why) +
                  "; write an address such as 192.0.2.7 or 2001:db8::7, or a network such as 10.0.0.0/8");
}

}  // namespace

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& bytes) {
  Bytes mapped = kMapped;
  std::copy(bytes.begin(), bytes.end(), mapped.begin() + 12);
  return IpAddress(mapped);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > kLongestText || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return v4(four);
  Bytes sixteen{};
  if (::inet_pton(AF_INET6, terminated.c_str(), sixteen.data()) == 1) return IpAddress(sixteen);
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(bytes_.begin(), bytes_.begin() + 12, kMapped.begin());
}

IpAddress IpAddress::prefix(unsigned bits) const {
  Bytes cut{};
  const std::size_t whole = bits / 8;
  std::copy_n(bytes_.begin(), whole, cut.begin());
  if (bits % 8 != 0) cut[whole] = static_cast<std::uint8_t>(bytes_[whole] & (0xff00u >> (bits % 8)));
  return IpAddress(cut);
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = is_v4() ? AF_INET : AF_INET6;
  const std::uint8_t* const from = is_v4() ? bytes_.data() + 12 : bytes_.data();
  ::inet_ntop(family, from, text.data(), text.size());
  return text.data();
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = IpAddress::parse(address_text);
  if (!address) return no_network(text, "holds no IP address");
  const bool v4_text = address_text.find(':') == std::string_view::npos;
  unsigned bits = kAllBits;
  if (slash != std::string_view::npos) {
    const unsigned most = v4_text ? kAllBits - kMappedBits : kAllBits;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + slash + 1, end, bits);
    if (read.ec != std::errc{} || read.ptr != end || bits > most)
      return no_network(text, "has no prefix length from 0 to " + std::to_string(most));
    if (v4_text) bits += kMappedBits;
  }
  if (address->prefix(bits) != *address) return no_network(text, "has bits set after its prefix");
  return IpNetwork(*address, bits);
}

bool IpNetwork::is_v4() const {
  return bits_ >= kMappedBits && first_.is_v4();
}

bool IpNetwork::contains(const IpAddress& address) const {
  return address.is_v4() == is_v4() && address.prefix(bits_) == first_;
}

}  // namespace wellspring
