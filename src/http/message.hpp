#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"
#include "base/result.hpp"

namespace wellspring::http {

/// Everything else is kOther and matches no route.
enum class Method { kGet, kHead, kPost, kPut, kDelete, kPatch, kOptions, kOther };

std::string_view name(Method method);
Method parse_method(std::string_view name);

/// A request as handlers see it. Views point into the connection's buffers: they live until the handler
/// returned, and no longer (a stream's producer copies what it needs).
struct Request {
  Method method = Method::kGet;
  std::string path;                                                       ///< decoded, without the query
  std::string_view query;                                                 ///< raw, without `?`
  std::vector<std::pair<std::string_view, std::string_view>> headers;     ///< as sent, in order
  std::vector<std::pair<std::string_view, std::string>> path_parameters;  ///< `{id}` of the route, decoded
  std::string body;
  std::string peer;  ///< the peer's address
  bool peer_is_loopback = false;
  IpAddress client;            ///< whom the request is accounted to, see client_address.hpp
  bool peer_is_proxy = false;  ///< one of server.trusted_proxies
  std::string id;              ///< of this request, for logs and the answer

  /// The first header of that name, case-insensitively; empty when there is none.
  std::string_view header(std::string_view header_name) const;
  /// Every header of that name, in order.
  std::vector<std::string_view> header_lines(std::string_view header_name) const;
  std::string_view path_parameter(std::string_view parameter) const;
  /// The first query parameter of that name, decoded; empty when absent. Ill-formed escapes stay as they are.
  std::optional<std::string> query_parameter(std::string_view parameter) const;
};

/// Takes the pieces of a streamed body. Runs on the connection's executor.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Queues bytes; suspends while the reader is behind by more than the connection's buffer. kCancelled when
  /// the reader went away.
  virtual boost::asio::awaitable<Result<void>> write(std::string bytes) = 0;
};

/// A body made while it is sent.
struct Stream {
  /// Cancelled (terminally) when the reader goes away or the server's grace ends.
  std::function<boost::asio::awaitable<Result<void>>(BodyWriter&)> produce;
  /// Sent after each interval of silence; empty for none.
  std::string heartbeat;
  /// What is sent last when `produce` fails, throws or is cut short by the server.
  std::function<std::string(const Error&)> last_words;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< beside those that every answer has
  std::string body;
  std::unique_ptr<Stream> stream;  ///< takes the place of `body`
  /// Replaces the default Content-Security-Policy; a literal.
  std::string_view content_security_policy;
  std::optional<Error> error;  ///< what went wrong, for log and metrics; never sent
};

using Handler = std::function<boost::asio::awaitable<Response>(const Request&)>;

/// RFC 9110's phrase for the statuses we send.
std::string_view reason_phrase(int status);

/// Decodes percent escapes; empty when one is ill-formed or the result holds NUL.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace wellspring::http
