#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "fake_mongod/engine.hpp"

namespace wellspring::testing {

enum class Transport { kPlain, kTls };

/// One accepted connection: reads requests, applies the faults, answers, keeps its accounts. Used on the
/// server's thread alone; must outlive run().
class Connection {
 public:
  Connection(std::int64_t id, boost::asio::ip::tcp::socket socket, Transport transport,
             boost::asio::ssl::context& tls, Engine& engine);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::int64_t id() const { return id_; }

  /// Serves until the client leaves or somebody closes the connection.
  boost::asio::awaitable<void> run();
  /// kClose, kReset or kHalfClose. The accounts say closed when it returns, but for kHalfClose.
  void close(Effect how);
  /// Makes a waiting hello look at the topology again.
  void wake();

 private:
  enum class Next { kRead, kEnd };
  enum class Waited { kElapsed, kWoken, kPeerSpoke, kPeerGone };

  boost::asio::ip::tcp::socket& socket() { return stream_.next_layer(); }
  boost::asio::awaitable<bool> shake_hands();
  boost::asio::awaitable<std::optional<Request>> read_request();
  boost::asio::awaitable<bool> read_exactly(std::uint8_t* data, std::size_t size);
  boost::asio::awaitable<Next> serve(const Request& request);
  boost::asio::awaitable<Next> serve_hello(const Request& request);
  boost::asio::awaitable<Next> serve_command(const Request& request, const std::string& name);
  /// Delays, then says whether the client is still there.
  boost::asio::awaitable<bool> pause(std::chrono::milliseconds delay);
  boost::asio::awaitable<Waited> wait(std::chrono::milliseconds limit);
  boost::asio::awaitable<bool> wait_for_topology(const bson_t& hello, std::int64_t known);
  boost::asio::awaitable<Next> misbehave(const Request& request, const Verdict& verdict);
  /// Counts the request as answered first: whoever has the reply finds it so in the accounts.
  boost::asio::awaitable<Next> answer(const Request& request, const Document& reply);
  boost::asio::awaitable<bool> send(const Request& request, const Document& reply, ReplyFlags flags);
  bool client_spoke();
  void note_answered();
  void note_failure(const boost::system::error_code& failure);
  void leave(Closer closer);

  const std::int64_t id_;
  const Transport transport_;
  /// A plain connection uses its socket alone.
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer timer_;
  Engine& engine_;
  std::string app_name_;
  std::int32_t last_reply_id_ = 0;
  bool hello_waits_ = false;
};

}  // namespace wellspring::testing
