#include <CLI/CLI.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <utility>

#include "fake_mongod/control.hpp"

namespace wellspring::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kLineBytesMax = 64 * 1024;

void rethrow(const std::exception_ptr& failure) {
  if (failure) {
    std::rethrow_exception(failure);
  }
}

asio::awaitable<void> serve_client(FakeMongod& server, tcp::socket socket) {
  std::string received;
  boost::system::error_code failed;
  while (!failed) {
    const std::size_t length =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(received, kLineBytesMax), '\n',
                                        asio::redirect_error(asio::use_awaitable, failed));
    if (failed) {
      break;
    }
    const std::string answer = control(server, std::string_view(received).substr(0, length - 1)) + "\n";
    received.erase(0, length);
    co_await asio::async_write(socket, asio::buffer(answer),
                               asio::redirect_error(asio::use_awaitable, failed));
  }
}

asio::awaitable<void> accept_clients(FakeMongod& server, tcp::acceptor& acceptor) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve_client(server, std::move(socket)), rethrow);
  }
}

int run(const FakeMongodOptions& options, std::uint16_t control_port) {
  FakeMongod server(options);
  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), control_port});
  asio::co_spawn(io, accept_clients(server, acceptor), rethrow);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
  std::cout << R"({"port": )" << server.port() << R"(, "controlPort": )" << acceptor.local_endpoint().port()
            << R"(, "uri": ")" << server.uri() << "\"}" << std::endl;
  io.run();
  return 0;
}

}  // namespace
}  // namespace wellspring::testing

/// Prints its ports as one line of JSON, then serves until SIGTERM or SIGINT.
int main(int argc, char** argv) {
  wellspring::testing::FakeMongodOptions options;
  std::uint16_t control_port = 0;
  bool is_old = false;
  CLI::App app{"An in-memory MongoDB-compatible server that counts its connections and fails on demand"};
  app.add_option("--port", options.port, "port on 127.0.0.1; 0 takes a free one");
  app.add_option("--control-port", control_port, "port of the control interface; 0 takes a free one");
  app.add_option("--replica-set", options.topology.replica_set, "be the only member of this replica set");
  app.add_flag("--no-topology-version", is_old, "send no topologyVersion, as MongoDB before 4.4");
  CLI11_PARSE(app, argc, argv);
  options.topology.topology_version = !is_old;
  try {
    return wellspring::testing::run(options, control_port);
  } catch (const boost::system::system_error& error) {
    std::cerr << "fake_mongod: " << error.what() << '\n';
    return 1;
  }
}
