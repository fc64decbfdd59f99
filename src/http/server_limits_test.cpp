#include "http/server.hpp"

#include <gtest/gtest.h>

#include "http/server_fixture.hpp"

namespace wellspring::http {
namespace {

using namespace std::chrono_literals;
using testing::contains;
using testing::Gate;
using testing::get;
using testing::post;
using testing::RawClient;
using testing::routes;
using testing::TestServer;

TEST(Server, RefusesLargeBodiesAndLetsTheClientReadTheAnswer) {
  TestServer server(routes());
  RawClient announced(server.port());
  announced.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_TRUE(announced.read_response().starts_with("HTTP/1.1 413 "));

  RawClient chunked(server.port());
  chunked.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" +
               std::string(1'024, 'x') + "\r\n0\r\n\r\n");
  EXPECT_TRUE(chunked.read_response().starts_with("HTTP/1.1 413 "));

  RawClient pushing(server.port());
  pushing.send(post("/echo", std::string(8u << 20, 'x')));
  EXPECT_TRUE(pushing.read_response().starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(server.metrics().value("wellspring_http_refused_total", {{"limit", "body_bytes"}}), 3);
}

TEST(Server, RefusesLargeHeads) {
  TestServer server(routes());
  std::string many = "GET /small HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100'000; ++i) many += "A: b\r\n";
  for (const std::string& request :
       {many, "GET /small HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n",
        "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    RawClient client(server.port());
    client.send(request);
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 431 "));
  }
  EXPECT_TRUE(server.exchange(get("/" + std::string(9'000, 'a'))).starts_with("HTTP/1.1 414 "));
}

TEST(Server, TimesOutSlowClients) {
  TestServer server(routes(), {.header_timeout = 30ms, .body_timeout = 30ms, .idle_timeout = 30ms});
  RawClient silent(server.port());
  EXPECT_EQ(silent.read_all(), "");

  RawClient idle(server.port());
  idle.send(get("/small"));
  EXPECT_TRUE(idle.read_response().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(idle.read_all(), "");

  RawClient in_head(server.port());
  in_head.send("GET /small HTT");
  EXPECT_TRUE(in_head.read_all().starts_with("HTTP/1.1 408 "));

  RawClient in_body(server.port());
  in_body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(in_body.read_all().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(server.metrics().value("wellspring_http_refused_total", {{"limit", "header_time"}}), 1);
  EXPECT_EQ(server.metrics().value("wellspring_http_refused_total", {{"limit", "body_time"}}), 1);
}

TEST(Server, TurnsConnectionsAwayAtTheLimit) {
  TestServer server(routes(), {.connections_max = 1});
  RawClient first(server.port());
  first.send(get("/small"));
  first.read_response();
  RawClient second(server.port());
  const std::string answer = second.read_response();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_TRUE(contains(answer, "Retry-After: 1\r\n"));
  first.close();
  EXPECT_TRUE(TestServer::eventually([&] {
    RawClient third(server.port());
    third.send(get("/small", "Connection: close\r\n"));
    return third.read_all().starts_with("HTTP/1.1 200 ");
  }));
}

TEST(Server, RefusesRequestsAtTheLimitAndRecovers) {
  Gate gate;
  TestServer server(routes(&gate), {.requests_max = 1});
  RawClient slow(server.port());
  slow.send(get("/slow"));
  ASSERT_TRUE(TestServer::eventually([&] { return gate.entered == 1; }));
  const std::string busy = server.exchange(get("/small"));
  EXPECT_TRUE(busy.starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(contains(busy, "Retry-After: "));
  gate.open = true;
  EXPECT_TRUE(slow.read_response().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(server.exchange(get("/small")).starts_with("HTTP/1.1 200 "));
}

TEST(Server, BoundsTheBodiesInFlight) {
  TestServer server(routes(), {.body_bytes_in_flight_max = 100});
  RawClient holding(server.port());
  holding.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab");
  EXPECT_TRUE(TestServer::eventually(
      [&] { return server.exchange(post("/echo", "x")).starts_with("HTTP/1.1 503 "); }));
  holding.send(std::string(98, 'c'));
  EXPECT_TRUE(holding.read_response().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(server.exchange(post("/echo", "x")).starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace wellspring::http
