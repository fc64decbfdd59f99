#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/address_guard.hpp"
#include "net/url.hpp"

namespace wellspring::net {

struct GetLimits {
  std::size_t body_bytes = 8u << 20;
  std::uint32_t header_bytes = 32u << 10;
  int redirects = 5;
  std::chrono::milliseconds connect_timeout{5'000};  ///< look-up, connection and TLS handshake, each hop
  std::chrono::milliseconds total_timeout{30'000};   ///< the whole call with its redirects
};

enum class Redirects {
  kFollow,      ///< wherever the guard lets them; request headers stay behind at another origin
  kSameOrigin,  ///< to another origin: kUpstream
};

struct GetRequest {
  Url url;
  std::vector<std::pair<std::string, std::string>> headers{};  ///< beside Host, User-Agent and Accept
  Redirects redirects = Redirects::kFollow;
  GetLimits limits{};
};

struct GetResponse {
  int status = 0;                              ///< any; a redirect without a Location is an answer too
  std::map<std::string, std::string> headers;  ///< by lower-case name; of repeated ones the first
  std::string body;
  Url url;                   ///< where the answer came from, after redirects
  std::size_t received = 0;  ///< bytes read, heads and redirects included
};

struct WebClientOptions {
  std::string ca_file{};  ///< PEM of further trusted authorities, beside the system's
  /// Takes the place of the system's look-up; for tests.
  std::function<Result<std::vector<IpAddress>>(const std::string& host)> resolver{};
};

/// Gets documents over HTTP/1.1 from servers that are not trusted. Every address is asked of the guard first,
/// the address that was checked is the one connected to, and a redirect is checked again; every size and time
/// has a limit; certificates are verified. One connection per request, no proxies, no cookies, no
/// compression. Use on one executor; calls may overlap.
class WebClient {
 public:
  /// `clock` must be a clock of real time: timers run beside it. It outlives the client.
  WebClient(AddressGuard guard, WebClientOptions options, const Clock& clock);
  ~WebClient();
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  /// Errors: kInvalidArgument (an address the guard refuses), kTooLarge (body or header), kDeadline,
  /// kUnavailable (cannot be reached or trusted), kUpstream (no HTTP, cut off, too many or wrong redirects),
  /// kCancelled.
  boost::asio::awaitable<Result<GetResponse>> get(GetRequest request, Deadline deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::net
