#include "mongo/pool_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "mongo/pool_state_harness.hpp"

namespace wellspring::mongo {
namespace {

using namespace std::chrono_literals;

PoolOptions small(std::size_t min = 2, std::size_t max = 4) {
  PoolOptions options;
  options.name = "small";
  options.min_size = min;
  options.max_size = max;
  return options;
}

class PoolStateTest : public testing::Test {
 protected:
  void start(PoolOptions options) {
    pool_ = std::make_unique<StateHarness>(std::move(options));
    pool_->ready();
    pool_->establish_all();
  }
  StateHarness& pool() { return *pool_; }
  PoolCounts counts() { return pool_->state.counts(); }

 private:
  std::unique_ptr<StateHarness> pool_;
};

TEST_F(PoolStateTest, NothingIsMadeBeforeItIsReady) {
  StateHarness pool(small());
  pool.tend();
  EXPECT_TRUE(pool.establishing.empty());
  EXPECT_EQ(pool.ask().outcome, AcquireOutcome::kCleared);
  EXPECT_EQ(pool.state.counts().total(), 0U);
}

TEST_F(PoolStateTest, WarmsUpToTheMinimumAFewAtATime) {
  StateHarness pool(small(5, 9));
  pool.ready();
  EXPECT_EQ(pool.establishing.size(), 2U);
  pool.establish_one();
  EXPECT_EQ(pool.establishing.size(), 2U);
  pool.establish_all();
  EXPECT_EQ(pool.state.counts().idle, 5U);
  EXPECT_EQ(pool.state.totals().created[static_cast<std::size_t>(CreateCause::kWarmup)], 5U);
  pool.pass(10min);
  EXPECT_EQ(pool.created(), 5U);
}

TEST_F(PoolStateTest, HandsOutTheLastUsedFirst) {
  start(small());
  const Slot first = pool().take();
  const Slot second = pool().take();
  pool().give(first);
  pool().now += 1ms;
  pool().give(second);
  EXPECT_EQ(pool().take(), second);
  EXPECT_EQ(pool().take(), first);
}

TEST_F(PoolStateTest, GrowsForWhoWaitsUpToTheMaximum) {
  start(small());
  for (int i = 0; i < 6; ++i) pool().ask();
  EXPECT_EQ(pool().establishing.size(), 2U);
  pool().establish_all();
  EXPECT_EQ(counts().in_use, 4U);
  EXPECT_EQ(counts().waiters, 2U);
  EXPECT_TRUE(pool().establishing.empty());
  EXPECT_EQ(pool().state.totals().created[static_cast<std::size_t>(CreateCause::kDemand)], 2U);
}

TEST_F(PoolStateTest, AWaiterThatIsServedByAReturnMakesNoConnectionInVain) {
  start(small(0, 4));
  pool().ask();
  pool().establish_all();
  Waiter& second = pool().ask();
  EXPECT_EQ(pool().establishing.size(), 1U);
  pool().give(0);
  EXPECT_TRUE(pool().has(second));
  pool().establish_one();
  EXPECT_EQ(counts().idle, 1U) << "kept, not thrown away";
}

TEST_F(PoolStateTest, WhoGivesBackAndAsksAgainGoesToTheEnd) {
  start(small(1, 1));
  Slot held = pool().take();
  std::vector<Waiter*> line;
  for (int i = 0; i < 8; ++i) line.push_back(&pool().ask());
  for (int turn = 0; turn < 200; ++turn) {
    pool().give(held);
    Waiter& again = pool().ask();
    ASSERT_TRUE(pool().has(*line.front())) << "turn " << turn;
    ASSERT_FALSE(pool().has(again));
    held = line.front()->slot;
    line.erase(line.begin());
    line.push_back(&again);
  }
  EXPECT_EQ(pool().created(), 1U);
}

TEST_F(PoolStateTest, AWaitEndsAtItsDeadlineWithWhatWasSeen) {
  PoolOptions options = small(1, 1);
  options.wait_limit = 500ms;
  start(options);
  pool().take();
  pool().now += 2s;
  Waiter& waiter = pool().ask();
  pool().pass(499ms);
  EXPECT_FALSE(pool().is_refused(waiter));
  pool().pass(1ms);
  ASSERT_TRUE(pool().is_refused(waiter));
  EXPECT_EQ(waiter.outcome, AcquireOutcome::kTimeout);
  EXPECT_NE(waiter.reason.find("exhausted: 1 of at most 1 in use, 0 idle"), std::string::npos)
      << waiter.reason;
  EXPECT_NE(waiter.reason.find("oldest lease held for 2.5 s by src/mongo/pool_state_harness.hpp"),
            std::string::npos)
      << waiter.reason;
}

TEST_F(PoolStateTest, AnEarlierDeadlineOfTheCallerCounts) {
  start(small(1, 1));
  pool().take();
  Waiter& hasty = pool().ask(10ms);
  Waiter& patient = pool().ask();
  pool().pass(10ms);
  EXPECT_TRUE(pool().is_refused(hasty));
  EXPECT_FALSE(pool().is_refused(patient));
  EXPECT_EQ(pool().ask(0ms).outcome, AcquireOutcome::kTimeout) << "without patience it is decided at once";
}

TEST_F(PoolStateTest, AConnectionMadeForOneWhoGaveUpStays) {
  start(small(0, 4));
  Waiter& waiter = pool().ask(10ms);
  pool().pass(20ms);
  EXPECT_TRUE(pool().is_refused(waiter));
  pool().establish_one();
  EXPECT_EQ(counts().idle, 1U);
  EXPECT_EQ(pool().closed(), 0U);
}

TEST_F(PoolStateTest, OneWhoGoesAwayLeavesTheLine) {
  start(small(1, 1));
  const Slot held = pool().take();
  Waiter& leaves = pool().ask();
  Waiter& stays = pool().ask();
  EXPECT_TRUE(pool().state.cancel(leaves, pool().now));
  EXPECT_EQ(leaves.outcome, AcquireOutcome::kCancelled);
  pool().give(held);
  EXPECT_TRUE(pool().has(stays));
  EXPECT_FALSE(pool().state.cancel(stays, pool().now)) << "too late: it has a connection";
}

TEST_F(PoolStateTest, ADeadOneIsNotHandedOutAndReplacedAtTheMinimumOnly) {
  start(small(1, 4));
  const Slot first = pool().take();
  pool().ask();
  pool().establish_all();
  pool().give(first);
  pool().give(1 - first);
  pool().dead = {pool().take()};
  const Slot dead = *pool().dead.begin();
  pool().give(dead);
  const std::uint64_t created = pool().created();
  EXPECT_NE(pool().take(), dead);
  EXPECT_EQ(pool().reasons, std::vector{CloseReason::kDead});
  EXPECT_EQ(pool().created(), created) << "one is open, which is the minimum";
}

TEST_F(PoolStateTest, TheSweepFindsADeadOneNobodyAsksForAndReplacesIt) {
  start(small(3, 9));
  pool().dead = {0};
  pool().pass(1s);
  EXPECT_EQ(pool().reasons, std::vector{CloseReason::kDead});
  ASSERT_EQ(pool().establishing.size(), 1U);
  pool().establish_all();
  EXPECT_EQ(counts().idle, 3U);
  EXPECT_EQ(pool().state.totals().created[static_cast<std::size_t>(CreateCause::kRefill)], 1U);
}

TEST_F(PoolStateTest, ShrinksToTheMinimumAndNeverBelow) {
  start(small(10, 50));
  std::vector<Slot> held;
  for (int i = 0; i < 50; ++i) pool().ask();
  pool().establish_all();
  ASSERT_EQ(counts().in_use, 50U);
  for (Slot slot = 0; slot < 50; ++slot) pool().give(slot);
  pool().pass(30s);
  EXPECT_EQ(counts().idle, 50U);
  pool().pass(2s);
  EXPECT_EQ(counts().idle, 10U);
  EXPECT_EQ(std::count(pool().reasons.begin(), pool().reasons.end(), CloseReason::kIdle), 40);
  const std::uint64_t created = pool().created();
  while (!pool().checking.empty()) pool().check_one(true);
  for (int minute = 0; minute < 10; ++minute) {
    pool().pass(1min);
    while (!pool().checking.empty()) pool().check_one(true);
  }
  EXPECT_EQ(pool().created(), created) << "no connection is made in the quiet";
  EXPECT_EQ(counts().idle, 10U);
}

TEST_F(PoolStateTest, AQuietConnectionIsPingedInItsTime) {
  start(small(2, 4));
  pool().pass(59s);
  EXPECT_TRUE(pool().checking.empty());
  pool().pass(2s);
  EXPECT_EQ(pool().checking.size(), 2U);
  EXPECT_EQ(counts().idle, 2U) << "still open, and counted";
  Waiter& waiter = pool().ask();
  EXPECT_FALSE(pool().has(waiter));
  EXPECT_TRUE(pool().establishing.empty()) << "one is on its way back";
  pool().check_one(true);
  EXPECT_TRUE(pool().has(waiter));
  pool().check_one(false);
  EXPECT_EQ(pool().establishing.size(), 1U);
}

TEST_F(PoolStateTest, WhileTheServerIsLostNothingIsHandedOutOrMade) {
  start(small(2, 4));
  pool().state.server_lost("connection refused", pool().now);
  Waiter& waiter = pool().ask();
  pool().dead = {0, 1};
  pool().pass(4s);
  EXPECT_FALSE(pool().is_refused(waiter));
  EXPECT_TRUE(pool().establishing.empty());
  EXPECT_EQ(counts().idle, 2U) << "what they are worth is seen when the server is back";
  pool().pass(1s);
  EXPECT_TRUE(pool().is_refused(waiter)) << "its deadline";
  EXPECT_NE(waiter.reason.find("server lost for 5.0 s"), std::string::npos) << waiter.reason;
  EXPECT_NE(waiter.reason.find("connection refused"), std::string::npos) << waiter.reason;
  pool().pass(1s);
  EXPECT_EQ(pool().ask().outcome, AcquireOutcome::kConnectError)
      << "nobody waits for a server gone this long";
}

TEST_F(PoolStateTest, AfterAnOutageEveryIdleConnectionIsProvedFirst) {
  start(small(5, 9));
  pool().state.server_lost("gone", pool().now);
  Waiter& waiter = pool().ask();
  pool().now += 1s;
  pool().step([&](Actions& actions) { pool().state.server_found(pool().now, actions); });
  EXPECT_EQ(pool().checking.size(), 2U) << "as few at once as handshakes";
  EXPECT_FALSE(pool().has(waiter));
  pool().check_one(false);
  EXPECT_EQ(pool().reasons, std::vector{CloseReason::kDead});
  EXPECT_FALSE(pool().has(waiter));
  pool().check_one(true);
  EXPECT_TRUE(pool().has(waiter));
  while (!pool().checking.empty() || !pool().establishing.empty()) {
    EXPECT_LE(pool().checking.size() + pool().establishing.size(), 2U);
    if (!pool().checking.empty()) pool().check_one(true);
    if (!pool().establishing.empty()) pool().establish_one();
  }
  EXPECT_EQ(counts().total(), 5U);
}

TEST_F(PoolStateTest, AFailedAttemptIsRepeatedAfterAGrowingPause) {
  StateHarness pool(small(1, 4));
  pool.ready();
  Waiter& waiter = pool.ask();
  std::vector<std::chrono::milliseconds> pauses;
  for (int attempt = 0; attempt < 8; ++attempt) {
    ASSERT_FALSE(pool.establishing.empty());
    while (!pool.establishing.empty()) pool.fail_one("refused", 1.0);
    const SteadyTime start = pool.now;
    while (pool.establishing.empty()) {
      pool.now = std::max(pool.now, pool.state.next_due());
      pool.tend();
    }
    pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(pool.now - start));
  }
  EXPECT_TRUE(std::is_sorted(pauses.begin(), pauses.end()));
  EXPECT_GE(pauses.front(), 100ms);
  EXPECT_LE(pauses.back(), 5s);
  EXPECT_TRUE(pool.is_refused(waiter)) << "by its deadline alone";
  EXPECT_EQ(waiter.outcome, AcquireOutcome::kTimeout);
  EXPECT_NE(waiter.reason.find("connecting: "), std::string::npos) << waiter.reason;
  EXPECT_NE(waiter.reason.find("last error: refused"), std::string::npos) << waiter.reason;
}

TEST_F(PoolStateTest, AsTheSpecificationHasItAFailedAttemptFailsTheFirstInLine) {
  PoolOptions options = small(0, 4);
  options.on_connect_failure = ConnectFailure::kFailOldestWaiter;
  start(options);
  Waiter& first = pool().ask();
  Waiter& second = pool().ask();
  pool().fail_one();
  EXPECT_EQ(first.outcome, AcquireOutcome::kConnectError);
  EXPECT_TRUE(pool().is_refused(first));
  EXPECT_FALSE(pool().is_refused(second));
}

TEST_F(PoolStateTest, ALeaseHeldTooLongIsReportedOnceAndAgainWhenItComesBack) {
  start(small());
  const Slot held = pool().take();
  pool().pass(29s);
  EXPECT_TRUE(pool().overdue.empty());
  pool().pass(2s);
  ASSERT_EQ(pool().overdue.size(), 1U);
  EXPECT_FALSE(pool().overdue.front().returned);
  EXPECT_EQ(counts().overdue, 1U);
  EXPECT_TRUE(pool().state.holders().at(0).overdue);
  pool().pass(1min);
  EXPECT_EQ(pool().overdue.size(), 1U);
  pool().give(held);
  ASSERT_EQ(pool().overdue.size(), 2U);
  EXPECT_TRUE(pool().overdue.back().returned);
  EXPECT_EQ(counts().overdue, 0U);
  EXPECT_EQ(pool().state.totals().leaks_suspected, 1U);
  EXPECT_EQ(pool().state.totals().leaks_recovered, 1U);
}

TEST_F(PoolStateTest, ALeaseMayAskForMoreTime) {
  start(small());
  Waiter patient(LeaseTag{.allowed = 5min});
  pool().step([&](Actions& actions) { EXPECT_TRUE(pool().state.check_out(patient, pool().now, actions)); });
  pool().pass(4min);
  EXPECT_TRUE(pool().overdue.empty());
}

TEST_F(PoolStateTest, WhatComesBackBrokenIsRetired) {
  start(small(1, 4));
  for (const auto& [how, reason] : {std::pair{Returned::kError, CloseReason::kError},
                                    {Returned::kTimeout, CloseReason::kTimeout},
                                    {Returned::kDirty, CloseReason::kDirty}}) {
    pool().give(pool().take(), how);
    EXPECT_EQ(pool().reasons.back(), reason);
    ASSERT_EQ(pool().establishing.size(), 1U) << "back to the minimum";
    pool().establish_all();
  }
  EXPECT_EQ(pool().state.totals().dirty_returns, 1U);
}

TEST_F(PoolStateTest, AConnectionBeingClosedKeepsItsPlace) {
  start(small(0, 1));
  pool().ask();
  pool().establish_all();
  pool().close_at_once = false;
  Waiter& next = pool().ask();
  pool().give(0, Returned::kError);
  EXPECT_TRUE(pool().establishing.empty()) << "or there would be two sockets for a moment";
  pool().finish_closing();
  ASSERT_EQ(pool().establishing.size(), 1U);
  pool().establish_all();
  EXPECT_TRUE(pool().has(next));
}

TEST_F(PoolStateTest, ClosingTurnsWaitersAwayAndTakesBackWhatIsOut) {
  start(small(2, 2));
  const Slot first = pool().take();
  pool().take();
  Waiter& waiter = pool().ask();
  pool().give(first);
  pool().give(waiter.slot);
  Waiter& late = pool().ask();
  Waiter& later = pool().ask();
  pool().step([&](Actions& actions) { pool().state.close(pool().now, actions); });
  EXPECT_EQ(late.outcome, AcquireOutcome::kImmediate);
  EXPECT_EQ(later.outcome, AcquireOutcome::kClosed);
  EXPECT_EQ(pool().ask().outcome, AcquireOutcome::kClosed);
  pool().step([&](Actions& actions) { pool().state.interrupt_in_use(actions); });
  EXPECT_EQ(pool().interrupted.size(), 2U);
  for (Slot slot = 0; slot < 2; ++slot) pool().give(slot);
  EXPECT_EQ(counts().total(), 0U);
  pool().tend();
  EXPECT_TRUE(pool().establishing.empty());
}

TEST_F(PoolStateTest, ClosingInterruptsAttemptsToConnect) {
  StateHarness pool(small());
  pool.ready();
  pool.step([&](Actions& actions) { pool.state.close(pool.now, actions); });
  EXPECT_EQ(pool.interrupted.size(), 2U);
  pool.establish_one();
  pool.fail_one();
  EXPECT_EQ(pool.state.counts().total(), 0U);
  EXPECT_EQ(pool.reasons, std::vector{CloseReason::kPoolClosed});
}

TEST_F(PoolStateTest, RefusedCredentialsAreNotTriedAgainSoonerForAServerThatIsFound) {
  start(small(0));
  Waiter& waiter = pool().ask();
  pool().step([&](Actions& actions) {
    const Slot slot = pool().establishing.front();
    pool().establishing.pop_front();
    pool().state.establish_failed(slot, fail(ErrorKind::kUnauthenticated, "wrong password"), 0.5, pool().now,
                                  actions);
  });
  pool().state.server_lost("the driver calls it unknown", pool().now);
  pool().step([&](Actions& actions) { pool().state.server_found(pool().now, actions); });
  EXPECT_TRUE(pool().establishing.empty());
  EXPECT_TRUE(pool().state.is_turned_away());
  EXPECT_EQ(pool().state.last_error(), "wrong password");
  pool().pass(1s);
  EXPECT_EQ(pool().establishing.size(), 1U);
  pool().establish_all();
  EXPECT_TRUE(pool().has(waiter));
  EXPECT_FALSE(pool().state.is_turned_away());
}

TEST_F(PoolStateTest, WaitsAndHoldsAreCountedByHowLongTheyTook) {
  start(small(1, 1));
  const Slot slot = pool().take();
  pool().ask();
  pool().now += 20ms;
  pool().give(slot);
  const PoolTotals& totals = pool().state.totals();
  EXPECT_EQ(totals.acquire_wait.counts.front(), 1U) << "at once";
  EXPECT_EQ(totals.acquire_wait.counts[5], 1U) << "above 10 ms, up to 50";
  EXPECT_DOUBLE_EQ(totals.acquire_wait.sum, 0.02);
  EXPECT_EQ(totals.lease_held.counts[5], 1U);
  EXPECT_TRUE(pool().state.has_minimum());
}

}  // namespace
}  // namespace wellspring::mongo
