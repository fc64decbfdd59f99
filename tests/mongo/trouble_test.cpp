// What is said of servers that cannot be used, and TLS.
#include <fmt/format.h>

#include "world.hpp"

namespace wellspring::testing {
namespace {

constexpr const char* kSecret = "hush-hush";

/// What the pools say of a server within a few seconds, after they failed to warm up.
std::string trouble_with(const std::string& uri) {
  const SystemClock clock;
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  const auto pools = open_pools(uri, {}, clock, log);
  const auto warm = pools->wait_warm(in(1'500ms));
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
         fmt::format("{} connections in 1.5 s with wrong credentials", ledger.total().total_created));
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
