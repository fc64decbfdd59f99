#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wellspring::llm {

/// Where an OpenAI-compatible API lives, taken apart for a client.
struct BaseUrl {
  bool tls = true;
  std::string host;       ///< for name resolution, SNI and certificates: an IPv6 address without brackets
  std::string port;       ///< decimal
  std::string authority;  ///< for the Host header
  std::string path;       ///< without trailing slash; may be empty
};

/// Reads `https://host[:port][/path]` or the http form. kInvalidArgument for anything else, with credentials,
/// a query or a fragment too; the message never repeats the text, which may hold a secret.
Result<BaseUrl> parse_base_url(std::string_view text);

}  // namespace wellspring::llm
