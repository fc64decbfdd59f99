#include "http/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "http/server_fixture.hpp"

namespace wellspring::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::contains;
using testing::Gate;
using testing::get;
using testing::RawClient;
using testing::TestServer;

/// Writes `pieces` of a kilobyte each, counts them, then waits at the gate.
struct Source {
  std::size_t pieces = 0;
  Gate gate;
  std::atomic<std::size_t> written = 0;
  std::atomic<bool> refused = false;

  asio::awaitable<Result<void>> produce(BodyWriter& out) {
    for (; written < pieces; ++written) {
      std::string piece(1'024, 'x');
      const auto taken = co_await out.write(std::move(piece));
      if (!taken) {
        refused = true;
        co_return taken.error();
      }
    }
    co_await gate.pass();
    co_return Result<void>{};
  }
};

Router stream_route(Source& source) {
  Router router;
  const Handler handler = [&source](const Request&) -> asio::awaitable<Response> {
    Response response;
    response.content_type = "text/event-stream; charset=utf-8";
    response.stream = std::make_unique<Stream>();
    response.stream->produce = [&source](BodyWriter& out) { return source.produce(out); };
    response.stream->heartbeat = ": ping\n\n";
    response.stream->last_words = [](const Error& error) {
      return "last: " + std::string(info(error.kind).name);
    };
    co_return response;
  };
  router.add({Method::kGet, "/stream", handler, {.admission = Admission::kStream}});
  return router;
}

TEST(Stream, SendsHeartbeatsInSilence) {
  Source source;
  TestServer server(stream_route(source), {.heartbeat_interval = 10ms});
  RawClient client(server.port());
  client.send(get("/stream"));
  client.read_until("8\r\n: ping\n\n\r\n");
  client.read_until("8\r\n: ping\n\n\r\n");
  source.gate.open = true;
  client.read_until("0\r\n\r\n");
  client.send(get("/nowhere"));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 404 "));
}

TEST(Stream, WaitsForASlowReaderAndLosesNothing) {
  Source source{.pieces = 64 * 1'024, .gate = {}};
  source.gate.open = true;
  TestServer server(stream_route(source), {.stream_buffer_bytes = 16'384});
  RawClient client(server.port());
  client.send(get("/stream", "Connection: close\r\n"));
  client.read_until("\r\n\r\n");
  // The sockets' buffers hold a few megabytes at most, so that the producer of 64 must be waiting by now.
  EXPECT_TRUE(TestServer::eventually([&] { return source.written > 16; }));
  EXPECT_LT(source.written, source.pieces);
  const std::string rest = client.read_all();
  EXPECT_EQ(static_cast<std::size_t>(std::count(rest.begin(), rest.end(), 'x')), source.pieces * 1'024);
  EXPECT_TRUE(rest.ends_with("\r\n0\r\n\r\n"));
}

TEST(Stream, GivesUpOnAReaderWhoTakesNothing) {
  Source source{.pieces = 1'000'000, .gate = {}};
  TestServer server(stream_route(source), {.write_timeout = 50ms});
  RawClient client(server.port());
  client.send(get("/stream"));
  EXPECT_TRUE(TestServer::eventually(
      [&] { return server.metrics().value("wellspring_streams_open") == 0 && source.written > 0; }));
}

TEST(Stream, GoesToOldClientsUnchunked) {
  Source source{.pieces = 2, .gate = {}};
  source.gate.open = true;
  TestServer server(stream_route(source));
  RawClient client(server.port());
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_FALSE(contains(answer, "Transfer-Encoding"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + std::string(2'048, 'x')));
}

TEST(Stream, IsRefusedAtTheLimit) {
  Source source;
  TestServer server(stream_route(source), {.streams_max = 1});
  RawClient first(server.port());
  first.send(get("/stream"));
  first.read_until("\r\n\r\n");
  EXPECT_TRUE(server.exchange(get("/stream")).starts_with("HTTP/1.1 503 "));
  source.gate.open = true;
  first.read_until("0\r\n\r\n");
  EXPECT_TRUE(TestServer::eventually([&] { return server.metrics().value("wellspring_streams_open") == 0; }));
}

}  // namespace
}  // namespace wellspring::http
