#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/request_reader.hpp"
#include "http/router.hpp"
#include "http/server_context.hpp"
#include "http/stream_buffer.hpp"

namespace wellspring::http {

/// One connection: reads requests, has them handled one after the other, writes the answers. Owned by its
/// coroutine. Timeouts come from the server's tick through expire().
class Session {
 public:
  enum class Welcome { kServe, kTurnAway };

  Session(std::shared_ptr<ServerContext> context, boost::asio::ip::tcp::socket socket);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Serves until the connection ends. kTurnAway: answers 503 to whatever comes and ends.
  static boost::asio::awaitable<void> run(std::unique_ptr<Session> session, Welcome welcome);

  /// Ends the operation under way when its time is over.
  void expire(SteadyTime now);
  /// Ends now when idle, else after the answer under way.
  void wind_down();
  /// Ends the handler or stream under way, with last words.
  void cut_short();
  void close();

 private:
  enum class Received { kReady, kRefused, kTimedOut, kClosed };

  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<void> turn_away();
  boost::asio::awaitable<bool> give_up(Received why);
  Response apology(Received why) const;
  void start_exchange();

  boost::asio::awaitable<Received> receive_head();
  boost::asio::awaitable<Received> receive_body();
  boost::asio::awaitable<Received> read_more();

  std::optional<Response> refuse_early();
  boost::asio::awaitable<Response> respond();
  boost::asio::awaitable<Response> handle();
  boost::asio::awaitable<void> watch_peer();
  boost::asio::awaitable<void> wait_for_cut();

  boost::asio::awaitable<bool> send(Response response);
  boost::asio::awaitable<bool> send_stream(Response response);
  boost::asio::awaitable<void> pump(StreamBuffer& buffer, const Stream& stream);
  boost::asio::awaitable<void> supervise(StreamBuffer& buffer, const Stream& stream);
  boost::asio::awaitable<Result<void>> produce(StreamBuffer& buffer, const Stream& stream);
  void conclude(StreamBuffer& buffer, const Stream& stream, const Result<void>& outcome);
  boost::asio::awaitable<bool> write(std::string_view bytes);
  boost::asio::awaitable<void> linger();

  std::string head_of(const Response& response) const;
  void record(const Response& response);
  void record_bug(std::string_view what);

  std::shared_ptr<ServerContext> context_;
  IpAddress peer_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer cut_;  ///< cancelled by cut_short()
  RequestReader reader_;
  SteadyTime deadline_ = SteadyTime::max();
  bool timed_out_ = false;
  bool idle_ = false;
  bool cut_short_ = false;
  bool peer_gone_ = false;
  bool served_before_ = false;

  // Of the request under way.
  const Route* route_ = nullptr;
  bool preflight_ = false;
  bool keep_alive_ = false;
  SteadyTime started_;
  std::optional<Share> slot_;
  std::optional<Share> body_share_;
};

}  // namespace wellspring::http
