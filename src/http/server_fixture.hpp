#pragma once

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "http/server.hpp"

/// For tests: a server on a free port with its own io thread, and a client that sends raw bytes.
namespace wellspring::http::testing {

/// A blocking connection. Every read gives up after five seconds, by throwing.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    const timeval limit{5, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  /// False when the peer no longer takes bytes.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Bytes up to and with `end`, which must come.
  std::string read_until(std::string_view end) {
    std::size_t at;
    while ((at = received_.find(end)) == std::string::npos) {
      if (!read_more()) throw std::runtime_error("closed before '" + std::string(end) + "': " + received_);
    }
    return take(at + end.size());
  }

  /// Head and body of one answer with Content-Length.
  std::string read_response() {
    std::string head = read_until("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    const std::size_t length = std::stoul(head.substr(at + 16));
    while (received_.size() < length) {
      if (!read_more()) throw std::runtime_error("closed within a body: " + head + received_);
    }
    return head + take(length);
  }

  /// Everything until the server closes.
  std::string read_all() {
    while (read_more()) {
    }
    return take(received_.size());
  }

  void half_close() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  void close() { socket_.close(); }

 private:
  bool read_more() {
    char bytes[16'384];
    const ssize_t got = ::recv(socket_.native_handle(), bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      throw std::runtime_error("no byte within 5 s after: " + received_);
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t count) {
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

class TestServer {
 public:
  explicit TestServer(Router router, ServerOptions options = {})
      : TestServer([&router](TestServer&) { return std::move(router); }, std::move(options)) {}

  /// For routes that stand on the server's own executors and metrics.
  explicit TestServer(const std::function<Router(TestServer&)>& routes, ServerOptions options = {})
      : guard_(boost::asio::make_work_guard(executors_.io())),
        server_(
            std::make_unique<Server>(routes(*this), std::move(options), executors_, metrics_, log_, clock_)),
        port_(server_->listen("127.0.0.1", 0).value()),
        thread_([this] { executors_.run_io(); }) {}

  ~TestServer() {
    drain(std::chrono::milliseconds{0});
    on_io([this] { server_.reset(); });
    executors_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  obs::Metrics& metrics() { return metrics_; }
  runtime::Executors& executors() { return executors_; }
  obs::Log& log() { return log_; }

  void on_io(std::function<void()> work) {
    std::promise<void> done;
    boost::asio::post(executors_.io(), [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::future<void> start_drain(std::chrono::milliseconds grace) {
    auto done = std::make_shared<std::promise<void>>();
    boost::asio::co_spawn(executors_.io(), server_->drain(grace),
                          [done](const std::exception_ptr&) { done->set_value(); });
    return done->get_future();
  }
  void drain(std::chrono::milliseconds grace) { start_drain(grace).wait(); }

  /// One request on a connection of its own.
  std::string exchange(std::string_view bytes) {
    RawClient client(port_);
    client.send(bytes);
    return client.read_response();
  }

  /// Waits for `holds` with a limit of five seconds.
  static bool eventually(const std::function<bool()>& holds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (!holds()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  obs::Metrics metrics_;
  obs::Log log_{obs::LogLevel::kError, obs::LogFormat::kText};
  SystemClock clock_;
  runtime::Executors executors_{{.cpu_threads = 1, .blocking_threads = 1}};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_;
  std::thread thread_;
};

/// "GET /path HTTP/1.1" with a Host and more header lines.
inline std::string get(std::string_view path, std::string_view headers = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n";
}

inline std::string request(std::string_view method, std::string_view path, std::string_view body = {},
                           std::string_view headers = {}) {
  return std::string(method) + " " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

inline std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
  return request("POST", path, body, headers);
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What slow handlers wait for, and what they saw.
struct Gate {
  std::atomic<bool> open = false;
  std::atomic<int> entered = 0;
  std::atomic<int> cancelled = 0;

  /// A cancellation ends the wait under way, or is thrown by the next one when it came between two.
  boost::asio::awaitable<void> pass() {
    ++entered;
    try {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
      while (!open) {
        timer.expires_after(std::chrono::milliseconds{1});
        co_await timer.async_wait(boost::asio::use_awaitable);
      }
    } catch (const boost::system::system_error& thrown) {
      if (thrown.code() != boost::asio::error::operation_aborted) throw;
      ++cancelled;
    }
  }
};

inline boost::asio::awaitable<Response> echo(const Request& request) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.body;
  co_return response;
}

inline boost::asio::awaitable<Response> throws(const Request&) {
  throw std::runtime_error("secret inside");
  co_return Response{};
}

/// A few routes that show one behaviour each.
inline Router routes(Gate* gate = nullptr) {
  Router router;
  router.add({Method::kGet, "/small", echo, {}});
  router.add({Method::kPost, "/echo", echo, {.body_bytes_max = 1'000}});
  router.add({Method::kGet, "/throws", throws, {}});
  router.add({Method::kGet,
              "/items/{id}",
              [](const Request& request) -> boost::asio::awaitable<Response> {
                Response response;
                response.body = std::string(request.path_parameter("id")) + "|" +
                                request.query_parameter("q").value_or("-");
                co_return response;
              },
              {}});
  router.add({Method::kGet,
              "/client",
              [](const Request& request) -> boost::asio::awaitable<Response> {
                Response response;
                response.body = request.client.to_string();
                co_return response;
              },
              {}});
  router.add({Method::kGet, "/operator", echo, {.access = Access::kOperator}});
  router.add({Method::kGet, "/token", echo, {.access = Access::kTokenHolder}});
  if (gate == nullptr) return router;
  router.add({Method::kGet,
              "/slow",
              [gate](const Request&) -> boost::asio::awaitable<Response> {
                co_await gate->pass();
                co_return Response{};
              },
              {}});
  router.add({Method::kGet,
              "/watched",
              [gate](const Request&) -> boost::asio::awaitable<Response> {
                co_await gate->pass();
                co_return Response{};
              },
              {.cancel_on_disconnect = true}});
  return router;
}

}  // namespace wellspring::http::testing
