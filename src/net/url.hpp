#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wellspring::net {

/// An http or https URL, taken apart for a client. Holds no credentials and no fragment.
struct Url {
  bool tls = true;
  std::string
      host;  ///< lower case, for name resolution, SNI and certificates: an IPv6 address without brackets
  std::uint16_t port = 443;
  std::string authority;  ///< for the Host header
  std::string path;       ///< encoded; empty or with a leading slash
  std::string query;      ///< encoded, without its question mark

  /// What a request line carries.
  std::string target() const;
  /// `https://host:port`
  std::string origin() const;
  /// Without the query, which may hold a secret: for messages.
  std::string shown() const { return origin() + path; }
};

/// Reads an http or https URL; a fragment is dropped. `what` begins the messages, which never repeat the
/// text: it may hold a secret. kInvalidArgument for anything else, with credentials too.
Result<Url> parse_url(std::string_view text, std::string_view what);

/// Reads `https://host[:port][/path]` or the http form, where paths are to be appended: query and fragment
/// are refused as well, a slash at the end is dropped.
Result<Url> parse_base_url(std::string_view text, std::string_view what);

/// Where a `Location` header leads that came from `base`. kUpstream when that is no http or https URL.
Result<Url> resolve_location(const Url& base, std::string_view location);

/// Same scheme, host and port.
bool is_same_origin(const Url& a, const Url& b);

/// The text with everything but letters, digits and `-._~` as percent escapes.
std::string percent_encode(std::string_view text);

}  // namespace wellspring::net
