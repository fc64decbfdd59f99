#include "http/response_head.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace wellspring::http {
namespace {

// Contract 1.0, row [H].
constexpr std::string_view kSecurityHeaders =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: strict-origin-when-cross-origin\r\n"
    "Permissions-Policy: geolocation=(), microphone=(), camera=()\r\n";
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; frame-ancestors 'none'; form-action 'none'";
constexpr std::string_view kStrictTransport =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name)
      .append(": ")
      .append(value.substr(0, value.find_first_of(std::string_view("\r\n\0", 3))))
      .append("\r\n");
}

void append_framing(std::string& out, const Response& response, Framing framing) {
  switch (framing) {
    case Framing::kLength:
      if (response.status != 204 && response.status != 304) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
      }
      break;
    case Framing::kChunked:
      out.append("Transfer-Encoding: chunked\r\n");
      break;
    case Framing::kUntilClose:
      break;
  }
}

}  // namespace

void append_head(std::string& out, const Response& response, const HeadOptions& options) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status,
                 reason_phrase(response.status));
  append_header(out, "Date", options.date);
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  append_framing(out, response, options.framing);
  append_header(out, "Connection", options.persistence == Persistence::kClose ? "close" : "keep-alive");
  append_header(out, "X-Request-Id", options.request_id);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (options.security_headers) {
    out.append(kSecurityHeaders);
    append_header(
        out, "Content-Security-Policy",
        response.content_security_policy.empty() ? kContentSecurityPolicy : response.content_security_policy);
    if (options.strict_transport) out.append(kStrictTransport);
  }
  out.append("\r\n");
}

std::string http_date(std::time_t at) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(at));
}

}  // namespace wellspring::http
