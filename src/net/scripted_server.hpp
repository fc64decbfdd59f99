#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wellspring::net {

/// What the server does with one connection, after it has read the request.
struct Script {
  std::vector<std::string> writes;  ///< sent one after the other, each in a segment of its own
  enum class Then { kClose, kHold } then = Then::kClose;  ///< kHold: wait for the client to close
};

/// An HTTP server for tests: real connections on a loopback port, answers from scripts, one per connection in
/// order; a connection beyond the last script repeats it. Lives on one io_context, used from its thread.
class ScriptedServer {
 public:
  ScriptedServer(boost::asio::io_context& io, std::vector<Script> scripts);
  /// The same over TLS with a fresh self-signed certificate for `localhost`, left in `certificate_file`.
  ScriptedServer(boost::asio::io_context& io, std::vector<Script> scripts,
                 const std::string& certificate_file);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  unsigned short port() const;
  /// `http://127.0.0.1:PORT`, `https://localhost:PORT` over TLS.
  std::string origin() const;
  /// Requests as read, head and body, in order.
  const std::vector<std::string>& requests() const;
  /// Connections that the client closed while the server was holding or writing.
  std::size_t closed_by_client() const;
  /// Stops accepting, so that the io_context can run out of work.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the server's coroutines, which end after it
};

std::string json_response(int status, std::string_view body, std::string_view extra_headers = {});
std::vector<std::string> split_every_byte(std::string_view bytes);

}  // namespace wellspring::net
