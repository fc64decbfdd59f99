#include "fake_mongod/ledger.hpp"

#include <gtest/gtest.h>

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;

/// A ledger driven at chosen moments.
class LedgerTest : public ::testing::Test {
 protected:
  static SteadyTime at(std::chrono::milliseconds moment) { return SteadyTime{} + moment; }

  void accept(std::int64_t id, std::chrono::milliseconds moment = 0ms) {
    ledger_.accepted(id, static_cast<std::uint16_t>(40'000 + id), at(moment));
  }
  void hello(std::int64_t id, HelloKind kind = HelloKind::kPlain, std::chrono::milliseconds moment = 0ms,
             const std::string& app_name = "app") {
    ledger_.hello(id, kind, app_name, at(moment));
    ledger_.answered(id, at(moment));
  }

  Ledger ledger_{true};
};

TEST_F(LedgerTest, RolesFollowWhatWasSent) {
  for (const std::int64_t id : {1, 2, 3, 4}) {
    accept(id);
    hello(id);
    EXPECT_EQ(ledger_.find(id)->role, Role::kUndecided);
  }
  ledger_.command(1, "ping", at(1ms));
  hello(2, HelloKind::kAwaitable);
  hello(3);
  EXPECT_EQ(ledger_.find(1)->role, Role::kApp);
  EXPECT_EQ(ledger_.find(2)->role, Role::kMonitor);
  EXPECT_EQ(ledger_.find(3)->role, Role::kRtt);
  EXPECT_EQ(ledger_.find(4)->role, Role::kUndecided);
}

TEST_F(LedgerTest, AppStaysAppWhateverHelloFollows) {
  accept(1);
  hello(1);
  ledger_.command(1, "find", at(1ms));
  hello(1);
  hello(1, HelloKind::kAwaitable);
  EXPECT_EQ(ledger_.find(1)->role, Role::kApp);
}

TEST_F(LedgerTest, WithoutTopologyVersionRepeatedHellosMakeAMonitor) {
  Ledger ledger(false);
  ledger.accepted(1, 40'001, at(0ms));
  ledger.hello(1, HelloKind::kPlain, "app", at(0ms));
  ledger.hello(1, HelloKind::kPlain, std::nullopt, at(500ms));
  EXPECT_EQ(ledger.find(1)->role, Role::kMonitor);
  EXPECT_EQ(ledger.find(1)->app_name, "app");
}

TEST_F(LedgerTest, CountsMoveWithTheConnection) {
  accept(1);
  EXPECT_EQ(ledger_.counts("", Role::kUndecided).current, 1U);
  hello(1);
  EXPECT_EQ(ledger_.counts("", Role::kUndecided).total_created, 0U);
  EXPECT_EQ(ledger_.counts("app", Role::kUndecided).total_created, 1U);
  ledger_.command(1, "ping", at(1ms));
  EXPECT_EQ(ledger_.counts("app", Role::kUndecided).total_created, 0U);
  EXPECT_EQ(ledger_.counts("app", Role::kApp).total_created, 1U);
  ledger_.closed(1, Closer::kClient, at(2ms));
  EXPECT_EQ(ledger_.current(Role::kApp), 0U);
  EXPECT_EQ(ledger_.total_created(Role::kApp), 1U);
  EXPECT_EQ(ledger_.total().total_created, 1U);
  EXPECT_EQ(ledger_.app_names(), std::set<std::string>{"app"});
}

TEST_F(LedgerTest, ClosingTwiceCountsOnce) {
  accept(1);
  ledger_.closed(1, Closer::kServer, at(1ms));
  ledger_.closed(1, Closer::kClientReset, at(2ms));
  EXPECT_EQ(ledger_.total().current, 0U);
  EXPECT_EQ(ledger_.resets(), 0U);
  ASSERT_EQ(ledger_.recently_closed().size(), 1U);
  EXPECT_EQ(ledger_.recently_closed().front().closed_at, at(1ms));
}

TEST_F(LedgerTest, EventsOfAClosedConnectionCountNothing) {
  accept(1);
  ledger_.closed(1, Closer::kClient, at(1ms));
  hello(1);
  ledger_.command(1, "ping", at(2ms));
  EXPECT_EQ(ledger_.commands("ping"), 0U);
  EXPECT_EQ(ledger_.handshaking(), 0U);
}

TEST_F(LedgerTest, PeakOfHandshakesByRole) {
  accept(1, 0ms);
  accept(2, 5ms);
  accept(3, 6ms);
  EXPECT_EQ(ledger_.handshaking(), 3U);
  hello(1, HelloKind::kPlain, 10ms);
  hello(2, HelloKind::kPlain, 10ms);
  hello(3, HelloKind::kPlain, 10ms);
  accept(4, 10ms);
  hello(4, HelloKind::kPlain, 11ms);
  for (const std::int64_t id : {1, 2, 4}) {
    ledger_.command(id, "ping", at(12ms));
  }
  ledger_.closed(1, Closer::kClient, at(13ms));
  EXPECT_EQ(ledger_.peak_handshaking(), 3U);
  EXPECT_EQ(
      ledger_.peak_handshaking([](const ConnectionRecord& record) { return record.role == Role::kApp; }), 2U);
  EXPECT_EQ(ledger_.handshaking(), 0U);
}

TEST_F(LedgerTest, ConnectionThatNeverShookHandsEndsItsHandshakeWhenItCloses) {
  accept(1, 0ms);
  ledger_.closed(1, Closer::kClientReset, at(5ms));
  accept(2, 5ms);
  EXPECT_EQ(ledger_.handshaking(), 1U);
  EXPECT_EQ(ledger_.resets(), 1U);
  EXPECT_EQ(ledger_.peak_handshaking([](const ConnectionRecord&) { return true; }), 1U);
}

TEST_F(LedgerTest, ActiveLeavesWaitingMonitorsOut) {
  accept(1);
  accept(2);
  ledger_.hello(1, HelloKind::kAwaitable, "app", at(0ms));
  ledger_.command(2, "find", at(0ms));
  EXPECT_EQ(ledger_.active(), 1U);
  ledger_.answered(2, at(1ms));
  EXPECT_EQ(ledger_.active(), 0U);
}

TEST_F(LedgerTest, SessionsAreSeenOnceAndEndedOnce) {
  ledger_.session_used("a");
  ledger_.session_used("a");
  ledger_.session_used("b");
  ledger_.session_ended("a");
  EXPECT_EQ(ledger_.sessions_seen(), 2U);
  EXPECT_EQ(ledger_.sessions_ended(), 1U);
}

TEST_F(LedgerTest, ClosedConnectionsAreRememberedUpToALimit) {
  for (std::size_t i = 1; i <= Ledger::kClosedKept + 5; ++i) {
    const auto id = static_cast<std::int64_t>(i);
    ledger_.accepted(id, 1, at(0ms));
    ledger_.closed(id, Closer::kClient, at(1ms));
  }
  EXPECT_EQ(ledger_.recently_closed().size(), Ledger::kClosedKept);
  EXPECT_EQ(ledger_.total().total_created, Ledger::kClosedKept + 5);
  EXPECT_EQ(ledger_.total().peak, 1U);
}

TEST(RoleNameTest, GoesThereAndBack) {
  for (const Role role : {Role::kUndecided, Role::kApp, Role::kMonitor, Role::kRtt}) {
    EXPECT_EQ(role_from_name(role_name(role)), role);
  }
  EXPECT_EQ(role_from_name("boss"), std::nullopt);
}

}  // namespace
}  // namespace wellspring::testing
