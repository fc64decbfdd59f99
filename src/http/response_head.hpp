#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace wellspring::http {

enum class Framing {
  kLength,  ///< Content-Length of `body`
  kChunked,
  kUntilClose,  ///< a stream to an HTTP/1.0 client
};

enum class Persistence { kKeepAlive, kClose };

struct HeadOptions {
  Framing framing = Framing::kLength;
  Persistence persistence = Persistence::kKeepAlive;
  std::string_view request_id;
  std::string_view date;  ///< as RFC 9110 writes it
  bool security_headers = true;
  bool strict_transport = false;
};

/// Appends status line, headers and the blank line. Header values that would break the line are cut at the
/// break.
void append_head(std::string& out, const Response& response, const HeadOptions& options);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::string http_date(std::time_t at);

}  // namespace wellspring::http
