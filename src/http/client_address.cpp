#include "http/client_address.hpp"

#include <algorithm>
#include <utility>

namespace wellspring::http {
namespace {

constexpr unsigned kSubscriberBits = 64;

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`
std::optional<IpAddress> parse_entry(std::string_view entry) {
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = entry.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    return IpAddress::parse(entry.substr(1, end - 1));
  }
  const std::size_t colon = entry.find(':');
  const bool has_port =
      colon != std::string_view::npos && entry.find(':', colon + 1) == std::string_view::npos;
  return IpAddress::parse(has_port ? entry.substr(0, colon) : entry);
}

}  // namespace

ProxyTrust::ProxyTrust(std::vector<IpNetwork> trusted) : trusted_(std::move(trusted)) {}

bool ProxyTrust::trusts(const IpAddress& address) const {
  return std::any_of(trusted_.begin(), trusted_.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

IpAddress ProxyTrust::client_of(const IpAddress& peer, const Request& request) const {
  IpAddress nearest = peer;
  std::vector<std::string_view> lines = request.header_lines("X-Forwarded-For");
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    while (!line->empty()) {
      const std::size_t comma = line->rfind(',');
      const std::string_view entry = trim(comma == std::string_view::npos ? *line : line->substr(comma + 1));
      *line = line->substr(0, comma == std::string_view::npos ? 0 : comma);
      const auto address = parse_entry(entry);
      if (!address) return nearest;
      nearest = *address;
      if (!trusts(nearest)) return nearest;
    }
  }
  return nearest;
}

IpAddress accounted_as(const IpAddress& client) {
  return client.is_v4() ? client : client.prefix(kSubscriberBits);
}

}  // namespace wellspring::http
