// Two halves of the streaming benchmark, one thread each.
//   stream_bench model --interval-ms 50 --tokens 400    an OpenAI-compatible endpoint that writes a token per
//   interval; prints its port stream_bench clients --port P --count 2000          that many readers of
//   /api/v1/chat/stream; prints gaps between their tokens
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

std::string chunk(const std::string& data) {
  return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
}

std::string token_event(int n) {
  const std::string citation = n % 10 == 9 ? " [1]" : " word";
  return chunk(
      fmt::format("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", citation));
}

awaitable<void> model_session(tcp::socket socket, std::chrono::milliseconds interval, int tokens) {
  try {
    socket.set_option(tcp::no_delay(true));
    std::string request;
    const std::size_t head =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", use_awaitable);
    std::string lower = request.substr(0, head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t at = lower.find("content-length:");
    const std::size_t body =
        at == std::string::npos ? 0 : static_cast<std::size_t>(std::atoi(lower.c_str() + at + 15));
    while (request.size() < head + body) {
      char more[4096];
      const std::size_t n = co_await socket.async_read_some(asio::buffer(more), use_awaitable);
      request.append(more, n);
    }
    const std::string start =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: "
        "close\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(start), use_awaitable);
    asio::steady_timer timer(socket.get_executor());
    auto due = Clock::now();
    for (int n = 0; n < tokens; ++n) {
      due += interval;
      timer.expires_at(due);
      co_await timer.async_wait(use_awaitable);
      const std::string event = token_event(n);
      co_await asio::async_write(socket, asio::buffer(event), use_awaitable);
    }
    const std::string end = chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(end), use_awaitable);
  } catch (const boost::system::system_error& gone) {
    if (gone.code() != asio::error::eof && gone.code() != asio::error::connection_reset &&
        gone.code() != asio::error::broken_pipe)
      throw;
  }
}

awaitable<void> model_accept(tcp::acceptor& acceptor, std::chrono::milliseconds interval, int tokens) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
    asio::co_spawn(acceptor.get_executor(), model_session(std::move(socket), interval, tokens),
                   asio::detached);
  }
}

struct Tally {
  std::vector<float> gaps_ms;
  std::size_t finished = 0;
  std::size_t failed = 0;
  std::size_t tokens = 0;
};

awaitable<void> client(unsigned short port, std::chrono::milliseconds delay, Tally& tally) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, delay);
  co_await timer.async_wait(use_awaitable);
  try {
    tcp::socket socket(executor);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_awaitable);
    const std::string body = R"({"query":"When are the harbour lamps lit?"})";
    const std::string request = fmt::format(
        "POST /api/v1/chat/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    co_await asio::async_write(socket, asio::buffer(request), use_awaitable);
    std::string line;
    std::optional<Clock::time_point> last;
    char data[4096];
    for (bool open = true; open;) {
      const std::size_t n = co_await socket.async_read_some(asio::buffer(data), use_awaitable);
      for (std::size_t i = 0; i < n; ++i) {
        if (data[i] != '\n') {
          line += data[i];
          continue;
        }
        if (line.find("\"streaming\"") != std::string::npos) {
          const auto now = Clock::now();
          if (last) tally.gaps_ms.push_back(std::chrono::duration<float, std::milli>(now - *last).count());
          last = now;
          ++tally.tokens;
        } else if (line.find("\"complete\"") != std::string::npos) {
          ++tally.finished;
          open = false;
        } else if (line.find("\"error\"") != std::string::npos || line.starts_with("HTTP/1.1 5")) {
          open = false;
          ++tally.failed;
        }
        line.clear();
      }
    }
  } catch (const boost::system::system_error&) {
    ++tally.failed;
  }
}

int run_model(std::map<std::string, std::string>& flags) {
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  fmt::print("model listening on {}\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(io,
                 model_accept(acceptor, std::chrono::milliseconds(std::stoi(flags["--interval-ms"])),
                              std::stoi(flags["--tokens"])),
                 [](const std::exception_ptr& failure) {
                   if (failure) std::rethrow_exception(failure);
                 });
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](auto, auto) { io.stop(); });
  io.run();
  return 0;
}

int run_clients(std::map<std::string, std::string>& flags) {
  asio::io_context io(1);
  Tally tally;
  const int count = std::stoi(flags["--count"]);
  for (int i = 0; i < count; ++i) {
    // 250 arrivals a second, so that the questions' embedding does not queue.
    asio::co_spawn(io,
                   client(static_cast<unsigned short>(std::stoi(flags["--port"])),
                          std::chrono::milliseconds(4 * i), tally),
                   asio::detached);
  }
  io.run();
  std::sort(tally.gaps_ms.begin(), tally.gaps_ms.end());
  const auto at = [&](double share) {
    return tally.gaps_ms.empty()
               ? 0.F
               : tally.gaps_ms[std::min(
                     tally.gaps_ms.size() - 1,
                     static_cast<std::size_t>(share * static_cast<double>(tally.gaps_ms.size())))];
  };
  fmt::print(
      "{{\"finished\":{},\"failed\":{},\"tokens\":{},\"gap_p50_ms\":{:.1f},\"gap_p99_ms\":{:.1f},\"gap_max_"
      "ms\":{:.1f}}}\n",
      tally.finished, tally.failed, tally.tokens, at(0.5), at(0.99), at(1.0));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags{
      {"--interval-ms", "50"}, {"--tokens", "400"}, {"--count", "2000"}, {"--port", "0"}};
  for (int i = 2; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
  const std::string half = argc > 1 ? argv[1] : "";
  if (half == "model") return run_model(flags);
  if (half == "clients") return run_clients(flags);
  fmt::print(stderr, "usage: stream_bench model|clients [--flag value]...\n");
  return 2;
}
