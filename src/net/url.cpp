#include "net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <charconv>

namespace wellspring::net {
namespace {

namespace urls = boost::urls;

std::string text_of(urls::string_view text) {
  return {text.data(), text.size()};
}

std::uint16_t parse_port(const std::string& digits) {
  std::uint16_t number = 0;  // the URL grammar allows any digits
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return failed == std::errc{} && end == digits.data() + digits.size() ? number : std::uint16_t{0};
}

/// A name or address as it may be resolved; the grammar also allows escapes of anything.
bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
  });
}

Result<Url> read(const urls::url_view& parsed, std::string_view what) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorKind::kInvalidArgument, fmt::format("{}: {}", what, why));
  };
  if (parsed.encoded_host().empty()) return refuse("not of the form https://host[:port]/path");
  const auto scheme = parsed.scheme_id();
  if (scheme != urls::scheme::http && scheme != urls::scheme::https)
    return refuse("the scheme must be https or http");
  if (parsed.has_userinfo())
    return refuse("credentials in a URL are not allowed; use the option for the key");
  Url url;
  url.tls = scheme == urls::scheme::https;
  url.host = parsed.host_address();
  std::transform(url.host.begin(), url.host.end(), url.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (!is_host(url.host)) return refuse("the host is no name and no address");
  url.port = url.tls ? 443 : 80;
  const std::string port = text_of(parsed.port());
  if (!port.empty()) url.port = parse_port(port);
  if (url.port == 0) return refuse("the port must be 1 to 65535");
  url.authority = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (!port.empty()) url.authority += ":" + std::to_string(url.port);
  url.path = text_of(parsed.encoded_path());
  // The parser takes what follows a port without digits for a path.
  if (!url.path.empty() && url.path.front() != '/') return refuse("the port must be 1 to 65535");
  while (url.path.starts_with("/../")) url.path.erase(0, 3);  // above the root there is the root
  url.query = text_of(parsed.encoded_query());
  return url;
}

std::string whole(const Url& url) {
  return url.origin() + url.target();
}

}  // namespace

std::string Url::target() const {
  return (path.empty() ? "/" : path) + (query.empty() ? "" : "?" + query);
}

std::string Url::origin() const {
  return fmt::format("{}://{}:{}", tls ? "https" : "http",
                     host.find(':') == std::string::npos ? host : "[" + host + "]", port);
}

Result<Url> parse_url(std::string_view text, std::string_view what) {
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (!parsed) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("{}: not of the form https://host[:port]/path", what));
  }
  return read(*parsed, what);
}

Result<Url> parse_base_url(std::string_view text, std::string_view what) {
  auto url = parse_url(text, what);
  if (!url) return url.error();
  if (text.find_first_of("?#") != std::string_view::npos) {
    return fail(ErrorKind::kInvalidArgument, fmt::format("{}: a query or fragment is not allowed", what));
  }
  while (url->path.ends_with('/')) url->path.pop_back();
  return url;
}

Result<Url> resolve_location(const Url& base, std::string_view location) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorKind::kUpstream, fmt::format("redirect from {}: {}", base.shown(), why), base.host);
  };
  const auto reference = urls::parse_uri_reference({location.data(), location.size()});
  if (!reference) return refuse("its Location is no URL");
  urls::url resolved(whole(base));
  if (resolved.resolve(*reference).has_error()) return refuse("its Location is no URL");
  auto url = read(resolved, "redirect");
  if (!url) return refuse(url.error().message);
  return url;
}

bool is_same_origin(const Url& a, const Url& b) {
  return a.tls == b.tls && a.host == b.host && a.port == b.port;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace wellspring::net
