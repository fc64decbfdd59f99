// More of the scenarios against a real server: loads, quiet, order, one slow answer, retirement, the end.
#include <fmt/format.h>

#include <atomic>

#include "close_under_load.hpp"
#include "real_fixture.hpp"
#include "turns.hpp"

namespace wellspring::testing {
namespace {

using mongo::Returned;

TEST_F(RealTest, Scenario2SteadyLoad) {
  PoolsOptions options;
  // A slow server may need longer for all of it than a connection may be idle.
  for (auto* const pool : {&options.vector, &options.app, &options.sources}) pool->idle_limit = 10min;
  open(options);
  warm();
  for (MongoPool* const pool : {&pools_->vector(), &pools_->app(), &pools_->sources()}) {
    const auto burst = take(*pool, 50);
    ASSERT_EQ(burst.size(), 50U);
  }
  const std::size_t before = gate_->counts().total;
  constexpr int kThreads = 64, kEach = 40;
  constexpr auto kPatience = 60s;  // what this server needs for 64 at once is not what is tested
  const int base = static_cast<int>(std::chrono::steady_clock::now().time_since_epoch().count() & 0x3fffffff);
  std::atomic<int> failed = 0;
  on_threads(kThreads, [&](int thread) {
    MongoPool* const all[] = {&pools_->vector(), &pools_->app(), &pools_->sources()};
    MongoPool& pool = *all[thread % 3];
    for (int turn = 0; turn < kEach; ++turn) {
      const bool wrong = turn % 20 == 0
                             ? insert_one(pool, base + thread * kEach + turn, in(kPatience)).has_value()
                         : turn % 3 == 0 ? ping(pool, in(kPatience)).has_value()
                                         : find_one(pool, turn, in(kPatience)).has_value();
      if (wrong) ++failed;
    }
  });
  EXPECT_EQ(gate_->counts().total - before, 0U);
  EXPECT_EQ(failed, 0);
  EXPECT_LE(gate_->counts().peak, 150 + monitors());
  figure("2, real",
         fmt::format("{} operations on {} threads: new {}, failed {}, peak {}", kThreads * kEach, kThreads,
                     gate_->counts().total - before, failed.load(), gate_->counts().peak));
}

TEST_F(RealTest, Scenario3QuietAHundredTimesFaster) {
  PoolsOptions options;
  for (auto* const pool : {&options.vector, &options.app, &options.sources}) {
    pool->idle_limit = 300ms;
    pool->sweep_every = 10ms;
    pool->keepalive_after = 600ms;
  }
  open(options);
  warm();
  const std::size_t before = gate_->counts().total;
  const SteadyTime end = in(6s);
  std::size_t least = SIZE_MAX, most = 0;
  // Every change of the count is seen, and none is wanted.
  while (std::chrono::steady_clock::now() < end) {
    const std::size_t now = gate_->counts().current;
    least = std::min(least, now);
    most = std::max(most, now);
    gate_->wait_current(now + 1, 10ms);
  }
  EXPECT_EQ(least, 25 + monitors());
  EXPECT_EQ(most, 25 + monitors());
  EXPECT_EQ(gate_->counts().total - before, 0U);
  EXPECT_GT(vector().totals.checks, 0U);
  figure("3, real", fmt::format("new {}, {} to {} connections over 6 s (1:100)",
                                gate_->counts().total - before, least, most));
}

TEST_F(RealTest, Scenario6Fairness) {
  PoolsOptions options;
  alone_with_no_limit(options.vector);
  open(options);
  ASSERT_TRUE(pools_->wait_warm(in(20s)).has_value());
  gate_->delay(1ms);
  const Turns turns = take_turns(pools_->vector(), 50, 1'000);
  gate_->delay(0ms);
  EXPECT_EQ(turns.inversions, 0);
  EXPECT_LE(turns.worst_wait, 1.2);
  figure("6, real",
         fmt::format("1000 grants, 50 waiting: inversions {}, longest wait {:.3f} x position x hold",
                     turns.inversions, turns.worst_wait));
}

TEST_F(RealTest, Scenario9OneOperationTimesOut) {
  open();
  warm();
  for (int id = 0; id < 50; ++id) static_cast<void>(insert_one(pools_->vector(), id));
  { const auto grown = take(pools_->vector(), 50); }
  const std::size_t before = gate_->counts().total;
  const std::size_t open_before = gate_->counts().current;
  gate_->delay(300ms);
  const SteadyTime start = std::chrono::steady_clock::now();
  const auto late = find_one(pools_->vector(), 7, in(100ms));
  const auto took = since(start);
  gate_->delay(0ms);
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->kind, ErrorKind::kDeadline) << late->message;
  // libmongoc's own repeat connects again, and the gate delays that hello too.
  EXPECT_LE(took, 100ms + 300ms + 100ms);
  const SteadyTime end = in(500ms);
  int wrong = 0, asked = 0;
  for (int id = 0; std::chrono::steady_clock::now() < end; id = (id + 1) % 50, ++asked) {
    const auto found = find_id(pools_->vector(), id);
    if (!found || *found != id) ++wrong;
  }
  EXPECT_EQ(wrong, 0);
  const std::size_t fresh = gate_->counts().total - before;
  const std::size_t closed = open_before + fresh - gate_->counts().current;
  EXPECT_LE(closed, 2U);
  EXPECT_LE(fresh, 1U);
  EXPECT_EQ(vector().totals.cleared + vector().totals.lost, 0U);
  figure("9, real", fmt::format("failed after {} ms; closed {}, new {}, {} finds later {} wrong",
                                took.count(), closed, fresh, asked, wrong));
  expect_recovery();
}

TEST_F(RealTest, Scenario16CloseUnderLoad) {
  for (const Layout layout : {Layout::kSplit, Layout::kShared}) {
    PoolsOptions options;
    options.layout = layout;
    open(options);
    warm();
    const Close close = close_under_load(*pools_, 64, 5s);
    EXPECT_TRUE(close.closed);
    EXPECT_LE(close.took, 5'200ms);
    EXPECT_EQ(close.failed, 0) << close.why;
    EXPECT_TRUE(gate_->wait_current(0, 100ms));
    figure(layout == Layout::kSplit ? "16, real" : "16, real, shared",
           fmt::format("64 threads, {} operations: closed after {} ms, failed {}, left {}", close.done,
                       close.took.count(), close.failed, gate_->counts().current));
  }
}

TEST_F(RealTest, Scenario22RetireStorm) {
  open();
  warm();
  constexpr int kCycles = 500;
  std::atomic<int> retired = 0, failed = 0;
  on_threads(40, [&](int thread) {
    while (retired < kCycles) {
      if (thread >= 8) {
        if (find_one(pools_->vector())) ++failed;
      } else if (auto lease = pools_->vector().acquire()) {
        lease->mark(Returned::kError);
        ++retired;
      }
    }
  });
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(pools_->wait_warm(in(10s)).has_value());
  EXPECT_TRUE(gate_->wait_current(sockets() + monitors(), 2s)) << gate_->counts().current;
  EXPECT_EQ(sockets_of(0), vector().counts.total());
  figure("22, real", fmt::format("{} retired by 8 threads beside 32: failed {}, sockets {} of {} connections",
                                 retired.load(), failed.load(), sockets_of(0), vector().counts.total()));
}

}  // namespace
}  // namespace wellspring::testing
