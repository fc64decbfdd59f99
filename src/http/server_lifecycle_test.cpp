#include "http/server.hpp"

#include <gtest/gtest.h>

#include "http/server_fixture.hpp"

namespace wellspring::http {
namespace {

using namespace std::chrono_literals;
using testing::contains;
using testing::Gate;
using testing::get;
using testing::RawClient;
using testing::routes;
using testing::TestServer;

TEST(Server, ADisconnectCancelsAWatchedHandler) {
  Gate gate;
  TestServer server(routes(&gate));
  RawClient client(server.port());
  client.send(get("/watched"));
  ASSERT_TRUE(TestServer::eventually([&] { return gate.entered == 1; }));
  client.close();
  EXPECT_TRUE(TestServer::eventually([&] { return gate.cancelled == 1; }));
}

TEST(Server, PipelinedBytesDoNotCancelAWatchedHandler) {
  Gate gate;
  TestServer server(routes(&gate));
  RawClient client(server.port());
  client.send(get("/watched"));
  ASSERT_TRUE(TestServer::eventually([&] { return gate.entered == 1; }));
  client.send(get("/items/9"));
  gate.open = true;
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(client.read_response().ends_with("9|-"));
}

TEST(Server, DrainLetsRequestsFinishAndClosesIdleConnections) {
  Gate gate;
  TestServer server(routes(&gate));
  RawClient idle(server.port());
  idle.send(get("/small"));
  idle.read_response();
  RawClient busy(server.port());
  busy.send(get("/slow"));
  ASSERT_TRUE(TestServer::eventually([&] { return gate.entered == 1; }));
  auto drained = server.start_drain(5s);
  EXPECT_EQ(idle.read_all(), "");
  gate.open = true;
  const std::string answer = busy.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  drained.wait();
}

TEST(Server, DrainCutsHandlersShortAfterTheGrace) {
  Gate gate;
  TestServer server(routes(&gate));
  RawClient busy(server.port());
  busy.send(get("/watched"));
  ASSERT_TRUE(TestServer::eventually([&] { return gate.entered == 1; }));
  server.drain(10ms);
  EXPECT_EQ(gate.cancelled, 1);
  EXPECT_TRUE(busy.read_all().starts_with("HTTP/1.1 503 "));
}

TEST(Server, ListenSaysWhatIsWrong) {
  TestServer server(routes());
  runtime::Executors executors({.cpu_threads = 1, .blocking_threads = 1});
  obs::Metrics metrics;
  obs::Log log(obs::LogLevel::kError, obs::LogFormat::kText);
  const SystemClock clock;
  Server second(routes(), {}, executors, metrics, log, clock);
  const auto taken = second.listen("127.0.0.1", server.port());
  ASSERT_TRUE(taken.has_error());
  EXPECT_EQ(taken.error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(contains(taken.error().message, std::to_string(server.port())));
  const auto nowhere = second.listen("no such host", 0);
  ASSERT_TRUE(nowhere.has_error());
  EXPECT_EQ(nowhere.error().kind, ErrorKind::kInvalidArgument);
}

}  // namespace
}  // namespace wellspring::http
