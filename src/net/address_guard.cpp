#include "net/address_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wellspring::net {
namespace {

// Where public websites are served. Anything else is more likely a service that was not meant for us.
constexpr std::array<std::uint16_t, 4> kWebPorts{80, 443, 8080, 8443};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// Digits and dots alone are an address that somebody wrote wrongly, or with another number of parts.
bool looks_like_address(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Result<AddressGuard> AddressGuard::create(const std::vector<std::string>& allow) {
  AddressGuard guard;
  for (const std::string& entry : allow) {
    const std::string text = lower_case(entry);
    if (const auto block = parse_ip_block(text)) {
      guard.blocks_.push_back(*block);
    } else if (is_name(text) && !looks_like_address(text)) {
      guard.names_.push_back(text);
    } else {
      return fail(ErrorKind::kInvalidArgument,
                  fmt::format("allowed hosts: '{}' is no host name, no address and no block such as "
                              "10.0.0.0/8 (without bits beyond its prefix)",
                              entry),
                  entry);
    }
  }
  return guard;
}

bool AddressGuard::is_allowed(const Url& url, const IpAddress& address) const {
  return std::find(names_.begin(), names_.end(), url.host) != names_.end() ||
         std::any_of(blocks_.begin(), blocks_.end(),
                     [&](const IpBlock& block) { return contains(block, address); }) ||
         std::any_of(origins_.begin(), origins_.end(),
                     [&](const Url& origin) { return is_same_origin(origin, url); });
}

Result<void> AddressGuard::check(const Url& url, const IpAddress& address) const {
  if (is_allowed(url, address)) return {};
  const AddressKind kind = kind_of(address);
  if (kind != AddressKind::kPublic) {
    return fail(
        ErrorKind::kInvalidArgument,
        fmt::format("fetch {}: {} is a {} address, only public ones may be contacted; name the host in "
                    "net.allow if it is meant",
                    url.shown(), to_string(address), name(kind)),
        url.host);
  }
  if (std::find(kWebPorts.begin(), kWebPorts.end(), url.port) == kWebPorts.end()) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("fetch {}: port {} is none of {}; name the host in net.allow if it is meant",
                            url.shown(), url.port, fmt::join(kWebPorts, ", ")),
                url.host);
  }
  return {};
}

}  // namespace wellspring::net
