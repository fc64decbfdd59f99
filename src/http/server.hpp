#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "http/access.hpp"
#include "http/router.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "runtime/executors.hpp"

namespace wellspring::http {

struct ServerOptions {
  std::size_t connections_max = 4'096;  ///< more are answered 503 at once
  std::size_t requests_max = 256;       ///< handlers running; more requests are answered 503
  std::size_t streams_max = 2'500;      ///< answer streams being written
  std::size_t header_bytes_max = 16u << 10;
  std::size_t body_bytes_in_flight_max = 256u << 20;  ///< bodies being read or handled, together
  std::size_t stream_buffer_bytes = 64u << 10;  ///< per stream, before its producer waits for the reader
  std::chrono::milliseconds header_timeout{
      10'000};  ///< from a connection's or a head's first byte to the head's last
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds idle_timeout{75'000};   ///< between requests
  std::chrono::milliseconds write_timeout{30'000};  ///< for one write to be taken by the peer
  std::chrono::milliseconds heartbeat_interval{15'000};
  std::vector<std::string> cors_origins{"http://localhost:3000"};
  AccessOptions access{};
  std::vector<IpNetwork> trusted_proxies{};  ///< whose X-Forwarded-For counts
  bool strict_transport = false;             ///< Strict-Transport-Security on every answer
};

struct ServerContext;

/// An HTTP/1.1 server on the io executor. Everything runs, and every member must be called, on the thread
/// that runs io (or before it runs). Connections and their requests keep what they need alive; whatever the
/// handlers borrow must outlive drain().
class Server {
 public:
  Server(Router router, ServerOptions options, runtime::Executors& executors, obs::Metrics& metrics,
         obs::Log& log, const Clock& clock);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Accepts connections from now on; may be called for several addresses. Port 0 takes a free one. Returns
  /// the port. Errors: kInvalidArgument (no such address), kConflict (port taken), kResource.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  void stop_accepting();
  /// Stops accepting, closes idle connections and lets requests finish. After `grace`, cancels the handlers
  /// that can be cancelled and ends streams with their last words; a moment later closes what is left.
  /// Idempotent.
  boost::asio::awaitable<void> drain(std::chrono::milliseconds grace);

 private:
  std::shared_ptr<ServerContext>
      context_;  // shared with the connections' coroutines, which may outlive the server
};

}  // namespace wellspring::http
