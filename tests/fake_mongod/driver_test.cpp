#include "fake_mongod/driver.hpp"

#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 5s;
constexpr std::uint32_t kNetworkError = MONGOC_ERROR_STREAM_SOCKET;
constexpr const char* kPing = R"({"ping": 1})";

auto monitors(std::size_t monitors, std::size_t rtts) {
  return [=](const Ledger& ledger) {
    return ledger.current(Role::kMonitor) == monitors && ledger.current(Role::kRtt) == rtts;
  };
}

auto app_connections(std::size_t count) {
  return [=](const Ledger& ledger) { return ledger.current(Role::kApp) == count; };
}

auto nobody() {
  return [](const Ledger& ledger) { return ledger.total().current == 0; };
}

TEST(DriverTest, CountsAWarmPoolByRole) {
  FakeMongod server;
  {
    DriverPool pool(server.uri());
    ASSERT_TRUE(pool.warm(10));
    EXPECT_TRUE(server.wait_until(monitors(1, 1), kLimit)) << server.snapshot().json();
    const Ledger warm = server.snapshot();
    EXPECT_EQ(warm.counts("pool", Role::kApp).current, 10U);
    EXPECT_EQ(warm.counts("pool", Role::kApp).total_created, 10U);
    EXPECT_EQ(warm.total().current, 12U);
    EXPECT_EQ(warm.commands("ping"), 10U);
    EXPECT_EQ(warm.app_names(), std::set<std::string>{"pool"});
  }
  EXPECT_TRUE(server.wait_until(nobody(), kLimit)) << server.snapshot().json();
  const Ledger closed = server.snapshot();
  EXPECT_EQ(closed.total().total_created, 12U);
  EXPECT_EQ(closed.sessions_seen(), closed.sessions_ended());
}

TEST(DriverTest, WithoutTopologyVersionAPoolHasOneMonitor) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri());
  ASSERT_TRUE(pool.warm(3));
  EXPECT_TRUE(server.wait_until(monitors(1, 0), kLimit)) << server.snapshot().json();
  EXPECT_EQ(server.snapshot().total().current, 4U);
}

TEST(DriverTest, SingleThreadedClientHasOneConnection) {
  FakeMongod server;
  mongoc_client_t* client = mongoc_client_new(server.uri("appname=single").c_str());
  bson_error_t error;
  EXPECT_TRUE(mongoc_client_command_simple(client, "test", Document().add("ping", 1).get(), nullptr, nullptr,
                                           &error));
  const Ledger ledger = server.snapshot();
  EXPECT_EQ(ledger.counts("single", Role::kApp).current, 1U);
  EXPECT_EQ(ledger.total().total_created, 1U);
  mongoc_client_destroy(client);
  EXPECT_TRUE(server.wait_until(nobody(), kLimit));
}

// libmongoc alone: the one failed use makes every other client reconnect on its next.
TEST(DriverTest, KillOfOneIdleConnectionIsSeenOnItsNextUse) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri());
  ASSERT_TRUE(pool.warm(5));
  EXPECT_EQ(server.kill({.role = Role::kApp, .app_name = "pool", .idle_only = true, .first = 1}), 1U);
  EXPECT_EQ(server.snapshot().current(Role::kApp), 4U);
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 5U);
  std::size_t failed = 0;
  {
    std::vector<std::unique_ptr<DriverLease>> leases;
    for (int i = 0; i < 5; ++i) {
      leases.push_back(std::make_unique<DriverLease>(pool));
      failed += leases.back()->ping() ? 0U : 1U;
    }
  }
  EXPECT_EQ(failed, 1U);
  ASSERT_TRUE(pool.warm(5));
  EXPECT_TRUE(server.wait_until(app_connections(5), kLimit));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 10U);
}

TEST(DriverTest, KillOfAnotherApplicationTouchesNobody) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri());
  ASSERT_TRUE(pool.warm(2));
  EXPECT_EQ(server.kill({.app_name = "other"}), 0U);
  EXPECT_EQ(server.snapshot().current(Role::kApp), 2U);
}

TEST(DriverTest, BlackHoleNeverAnswersAndHeals) {
  FakeMongod server(without_topology_version());
  server.add_fault(black_hole());
  DriverPool pool(server.uri("connectTimeoutMS=100&serverSelectionTimeoutMS=600"));
  {
    DriverLease lease(pool);
    EXPECT_FALSE(lease.ping());
  }
  EXPECT_EQ(server.snapshot().current(Role::kApp), 0U);
  EXPECT_GE(server.snapshot().handshaking() + server.snapshot().recently_closed().size(), 1U);
  server.clear_faults();
  // Servers are selected for 600 ms and looked at every 500 ms at best: one try may fall between two looks.
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  bool healed = pool.warm(1);
  while (!healed && std::chrono::steady_clock::now() < limit) healed = pool.warm(1);
  EXPECT_TRUE(healed);
}

TEST(DriverTest, RefusesAndAcceptsOnTheSamePort) {
  FakeMongod server(without_topology_version());
  const std::uint16_t port = server.port();
  DriverPool pool(server.uri());
  ASSERT_TRUE(pool.warm(2));
  server.refuse();
  server.kill({});
  EXPECT_EQ(server.snapshot().total().current, 0U);
  {
    DriverLease lease(pool);
    EXPECT_FALSE(lease.ping());
  }
  EXPECT_EQ(server.snapshot().total().current, 0U);
  server.accept();
  EXPECT_EQ(server.port(), port);
  ASSERT_TRUE(pool.warm(2));
  EXPECT_TRUE(server.wait_until(app_connections(2), kLimit));
}

TEST(DriverTest, RestartsOnTheSamePort) {
  auto server = std::make_unique<FakeMongod>(without_topology_version());
  const std::uint16_t port = server->port();
  DriverPool pool(server->uri());
  ASSERT_TRUE(pool.warm(2));
  server.reset();
  FakeMongodOptions again = without_topology_version();
  again.port = port;
  server = std::make_unique<FakeMongod>(again);
  EXPECT_EQ(server->port(), port);
  {
    DriverLease lease(pool);
    lease.ping();
  }
  ASSERT_TRUE(pool.warm(2));
  EXPECT_TRUE(server->wait_until(app_connections(2), kLimit));
}

TEST(DriverTest, SecondServerOnATakenPortFails) {
  FakeMongod server;
  EXPECT_THROW(FakeMongod({.port = server.port()}), boost::system::system_error);
}

TEST(DriverTest, DelaysTheNamedCommandOnly) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri("socketTimeoutMS=500"));
  ASSERT_TRUE(pool.warm(1));
  server.add_fault(delay_of("buildInfo", 1500ms));
  DriverLease lease(pool);
  EXPECT_TRUE(lease.ping());
  EXPECT_NE(lease.run(R"({"buildInfo": 1})"), 0U);
  server.clear_faults();
  EXPECT_EQ(lease.run(R"({"buildInfo": 1})"), 0U);
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 2U);
}

TEST(DriverTest, SlowHelloShowsHandshakesAtOnce) {
  FakeMongod server(without_topology_version());
  server.add_fault(delay_of("hello", 400ms));
  DriverPool pool(server.uri());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&pool] {
      DriverLease lease(pool);
      EXPECT_TRUE(lease.ping());
    });
  }
  threads.clear();
  const auto is_app = [](const ConnectionRecord& record) { return record.role == Role::kApp; };
  EXPECT_EQ(server.snapshot().peak_handshaking(is_app), 4U);
  EXPECT_GE(server.snapshot().peak_handshaking(), 4U);
}

TEST(DriverTest, ClosesOnTheNthCommand) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri());
  ASSERT_TRUE(pool.warm(1));
  server.add_fault(close_on_nth("ping", 3));
  DriverLease lease(pool);
  EXPECT_TRUE(lease.ping());
  EXPECT_TRUE(lease.ping());
  EXPECT_EQ(lease.run(kPing), kNetworkError);
  EXPECT_TRUE(lease.ping());
}

TEST(DriverTest, ResetsAndHalfCloses) {
  for (const Effect how : {Effect::kReset, Effect::kHalfClose}) {
    FakeMongod server(without_topology_version());
    DriverPool pool(server.uri());
    ASSERT_TRUE(pool.warm(1));
    server.add_fault(close_on_nth("ping", 1, how));
    DriverLease lease(pool);
    EXPECT_EQ(lease.run(kPing), kNetworkError);
    EXPECT_TRUE(lease.ping());
    EXPECT_TRUE(server.wait_until(app_connections(1), kLimit)) << server.snapshot().json();
  }
}

TEST(DriverTest, FailoverKeepsConnectionsAndShutdownReplacesThem) {
  FakeMongod server;
  DriverPool pool(server.uri());
  ASSERT_TRUE(pool.warm(4));
  server.add_fault(not_writable_primary(1));
  {
    DriverLease lease(pool);
    EXPECT_EQ(lease.run(kPing), 10107U);
  }
  ASSERT_TRUE(pool.warm(4));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 4U);
  server.add_fault(shutdown_in_progress(1));
  {
    DriverLease lease(pool);
    EXPECT_EQ(lease.run(kPing), 91U);
  }
  ASSERT_TRUE(pool.warm(4));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 8U);
}

TEST(DriverTest, CapRejectsConnections) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri());
  ASSERT_TRUE(pool.warm(1));
  server.set_max_connections(2);
  DriverLease first(pool);
  DriverLease second(pool);
  EXPECT_FALSE(second.ping());
  EXPECT_GE(server.snapshot().rejected_connections(), 1U);
  server.set_max_connections(std::nullopt);
  EXPECT_TRUE(second.ping());
}

TEST(DriverTest, ReplicaSetChangesItsPrimary) {
  FakeMongodOptions options;
  options.topology.replica_set = "rs";
  FakeMongod server(options);
  DriverPool pool(server.uri("replicaSet=rs"));
  ASSERT_TRUE(pool.warm(1));
  server.set_writable_primary(false);
  server.set_writable_primary(true);
  ASSERT_TRUE(pool.warm(1));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 1U);
}

TEST(DriverTest, AdministrativeCommands) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri());
  DriverLease lease(pool);
  EXPECT_EQ(lease.run(R"({"connectionStatus": 1})"), 0U);
  EXPECT_EQ(lease.run(R"({"saslStart": 1})"), 18U);
  EXPECT_EQ(lease.run(R"({"fly": 1})"), 59U);
  bson_t raw;
  bson_error_t error;
  ASSERT_TRUE(mongoc_client_command_simple(lease.client(), "admin", Document().add("serverStatus", 1).get(),
                                           nullptr, &raw, &error));
  const auto connections = find_document(raw, "connections");
  bson_destroy(&raw);
  ASSERT_TRUE(connections);
  EXPECT_EQ(find_integer(**connections, "active"), 1);
  EXPECT_GE(find_integer(**connections, "current").value_or(0), 2);
  EXPECT_GE(find_integer(**connections, "totalCreated").value_or(0), 2);
}

}  // namespace
}  // namespace wellspring::testing
