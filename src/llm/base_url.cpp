#include "llm/base_url.hpp"

#include <boost/url/parse.hpp>
#include <charconv>
#include <cstdint>

namespace wellspring::llm {
namespace {

bool is_port(std::string_view digits) {
  std::uint16_t number = 0;  // the URL grammar allows any digits
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return failed == std::errc{} && end == digits.data() + digits.size() && number != 0;
}

}  // namespace

Result<BaseUrl> parse_base_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed || parsed->encoded_host().empty()) {
    return fail(ErrorKind::kInvalidArgument, "LLM base URL: not of the form https://host[:port]/path");
  }
  const auto scheme = parsed->scheme_id();
  if (scheme != boost::urls::scheme::http && scheme != boost::urls::scheme::https) {
    return fail(ErrorKind::kInvalidArgument, "LLM base URL: the scheme must be https or http");
  }
  if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment()) {
    return fail(ErrorKind::kInvalidArgument,
                "LLM base URL: credentials, query and fragment are not allowed; use the API key option");
  }
  BaseUrl url;
  url.tls = scheme == boost::urls::scheme::https;
  url.host = parsed->host_address();
  const std::string_view port(parsed->port().data(), parsed->port().size());
  if (!port.empty() && !is_port(port)) {
    return fail(ErrorKind::kInvalidArgument, "LLM base URL: the port must be 1 to 65535");
  }
  url.port = port.empty() ? (url.tls ? "443" : "80") : std::string(port);
  url.authority = std::string(parsed->encoded_host().data(), parsed->encoded_host().size());
  if (!port.empty()) url.authority += ":" + url.port;
  url.path = std::string(parsed->encoded_path().data(), parsed->encoded_path().size());
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

}  // namespace wellspring::llm
