#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "real_server.hpp"
#include "tcp_gate.hpp"
#include "world.hpp"

namespace wellspring::testing {

/// The pools on a real server behind a counting gate. Skips where there is no server.
class RealTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = RealServer::find();
    if (!server_) return;
    const SystemClock clock;
    obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
    const auto first = open_pools(server_->uri_through(server_->port(), ""), {}, clock, log);
    ASSERT_TRUE(first->wait_warm(in(20s)).has_value()) << first->why_lost();
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (!server_) GTEST_SKIP() << "no FerretDB in .deps and no WELLSPRING_TEST_MONGODB_URI";
    gate_ = std::make_unique<TcpGate>(server_->host(), server_->port());
  }
  void TearDown() override {
    if (pools_) {
      EXPECT_TRUE(pools_->close(2s, 2s));
    }
    if (gate_) {
      EXPECT_TRUE(gate_->wait_current(0, 1s)) << "nothing is left";
    }
  }
  void open(const PoolsOptions& options = {}, const std::string& parameters = {}) {
    pools_ = open_pools(server_->uri_through(gate_->port(), parameters), options, clock_, log_);
  }
  /// The minimum and all monitors are there.
  void warm() {
    const auto warm = pools_->wait_warm(in(20s));
    ASSERT_TRUE(warm.has_value()) << warm.error().message;
    ASSERT_TRUE(gate_->wait_current(25 + monitors(), 5s)) << gate_->counts().current;
  }
  std::size_t monitors() const {
    std::size_t sum = 0;
    for (const auto& topology : pools_->report().topologies) sum += topology.monitor_sockets_expected;
    return sum;
  }
  std::size_t sockets() const {
    std::uint64_t open = 0;
    for (const auto& one : pools_->report().pools) open += one.sockets.opened - one.sockets.closed;
    return open;
  }
  mongo::PoolReport vector() const { return pools_->report().pools.front().pool; }
  std::uint64_t sockets_of(std::size_t pool) const {
    const auto sockets = pools_->report().pools[pool].sockets;
    return sockets.opened - sockets.closed;
  }
  bool works() { return !ping(pools_->vector()) && !ping(pools_->app()) && !ping(pools_->sources()); }
  void expect_recovery() {
    EXPECT_TRUE(pools_->wait_warm(in(10s)).has_value());
    EXPECT_TRUE(works());
    EXPECT_EQ(gate_->counts().current - sockets(), monitors()) << "our count is the gate's";
  }

  inline static std::unique_ptr<RealServer> server_;
  SystemClock clock_;
  obs::Log log_{obs::LogLevel::kWarning, obs::LogFormat::kText};
  std::unique_ptr<TcpGate> gate_;
  std::unique_ptr<Pools> pools_;
};

}  // namespace wellspring::testing
