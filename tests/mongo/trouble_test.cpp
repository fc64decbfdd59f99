// What is said of servers that cannot be used, and TLS.
#include <fmt/format.h>

#include "fake_mongod/self_signed.hpp"
#include "world.hpp"

namespace wellspring::testing {
namespace {

constexpr const char* kSecret = "hush-hush";

/// What the pools say of a server within a few seconds, after they failed to warm up.
std::string trouble_with(const std::string& uri) {
  const SystemClock clock;
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  const auto pools = open_pools(uri, {}, clock, log);
  const auto warm = pools->wait_warm(in(is_slowed() ? 3'000ms : 800ms));
  EXPECT_FALSE(warm.has_value());
  EXPECT_FALSE(pools->reachable());
  const std::string why = pools->why_lost();
  EXPECT_EQ(warm.error().message.find(kSecret), std::string::npos) << warm.error().message;
  EXPECT_EQ(why.find(kSecret), std::string::npos) << why;
  EXPECT_NE(why.find("mongo.uri"), std::string::npos) << why;
  pools->close(500ms, 500ms);
  figure("trouble", why);
  return why;
}

TEST(TroubleTest, ServerTooOld) {
  FakeMongodOptions options;
  options.topology.max_wire_version = 5;
  FakeMongod server(options);
  EXPECT_NE(trouble_with(server.uri()).find("too old"), std::string::npos);
}

TEST(TroubleTest, WrongCredentials) {
  FakeMongod server;
  const std::string why =
      trouble_with(fmt::format("mongodb://editor:{}@127.0.0.1:{}/", kSecret, server.port()));
  EXPECT_NE(why.find("credentials"), std::string::npos);
  const Ledger ledger = server.snapshot();
  EXPECT_LE(ledger.total().total_created, 60U) << "a refusal is no reason to hurry";
  figure("trouble",
         fmt::format("{} connections in 0.8 s with wrong credentials", ledger.total().total_created));
}

TEST(TroubleTest, NobodyListens) {
  FakeMongod server;
  server.refuse();
  EXPECT_NE(trouble_with(server.uri()).find("check that it runs"), std::string::npos);
}

TEST(TroubleTest, UnknownHost) {
  trouble_with("mongodb://no-such-host.invalid/");
}

TEST(TroubleTest, TlsToAServerWithout) {
  FakeMongod server;
  EXPECT_NE(trouble_with(server.uri("tls=true&tlsAllowInvalidCertificates=true")).find("tls"),
            std::string::npos);
}

FakeMongodOptions over_tls() {
  FakeMongodOptions options;
  options.tls = self_signed();
  return options;
}
// libmongoc reads the system's certificates for each connection: slow under a sanitizer.
const std::string kTrusting = "tls=true&tlsAllowInvalidCertificates=true&connectTimeoutMS=20000";

TEST(TroubleTest, PlainToAServerWithTls) {
  FakeMongod server(over_tls());
  EXPECT_NE(trouble_with(server.uri()).find("tls of mongo.uri"), std::string::npos);
}

TEST(TlsTest, HandshakesCountUntilHelloIsAnswered) {
  FakeMongod server(over_tls());
  server.add_fault(delay_of("hello", 50ms));
  const SystemClock clock;
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  const auto pools = open_pools(server.uri(kTrusting), {}, clock, log);
  ASSERT_TRUE(pools->wait_warm(in(30s)));
  const std::size_t peak = server.snapshot().peak_handshaking([](const ConnectionRecord& record) {
    return record.role == Role::kApp && record.app_name == "wellspring:vector";
  });
  EXPECT_EQ(peak, 2U);
  const auto sockets = pools->report().pools.front().sockets;
  EXPECT_GE(sockets.connect.sum, 10 * 0.05) << "connecting takes as long as hello does";
  figure("tls", fmt::format("handshakes at once {}, mean connect {:.0f} ms with a hello of 50 ms", peak,
                            sockets.connect.sum * 1000 / 10));
  EXPECT_TRUE(pools->close(1s, 1s));
}

TEST(TlsTest, OneDeadConnectionCostsOne) {
  World world({}, kTrusting, over_tls());
  ASSERT_TRUE(world.warm(30s));
  EXPECT_FALSE(ping(world.pools->vector()));
  const std::size_t before = world.created();
  EXPECT_EQ(
      world.server.kill({.role = Role::kApp, .app_name = "wellspring:vector", .idle_only = true, .first = 1}),
      1U);
  int failed = 0;
  for (int i = 0; i < 200; ++i) {
    if (find_one(world.pools->vector(), i)) ++failed;
  }
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(world.wait_current(25, is_slowed() ? 20s : 3s));
  EXPECT_EQ(world.created() - before, 1U);
  figure("7 (TLS)", fmt::format("failed {}, new {}", failed, world.created() - before));
}

TEST(TroubleTest, NoPrimary) {
  FakeMongodOptions options;
  options.topology.replica_set = "rs";
  FakeMongod server(options);
  server.set_writable_primary(false);
  EXPECT_NE(trouble_with(server.uri("replicaSet=rs")).find("primary"), std::string::npos);
}

TEST(TroubleTest, NoRights) {
  World world;
  ASSERT_TRUE(world.warm());
  FaultRule forbidden;
  forbidden.command = "find";
  forbidden.effect = Effect::kError;
  forbidden.error_code = 13;
  forbidden.error_name = "Unauthorized";
  world.server.add_fault(forbidden);
  const auto failed = find_one(world.pools->app());
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->kind, ErrorKind::kUnauthenticated);
  EXPECT_NE(failed->message.find("readWrite"), std::string::npos) << failed->message;
  EXPECT_EQ(world.current(), 25U) << "the connection is as good as before";
}

}  // namespace
}  // namespace wellspring::testing
