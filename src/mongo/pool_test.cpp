#include "mongo/pool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <set>
#include <thread>

namespace wellspring::mongo {
namespace {

using namespace std::chrono_literals;

/// Pretends to connect at once. Counts what is open and notices every misuse.
class CountingFactory final : public ConnectionFactory {
 public:
  Result<void> establish(Slot slot, std::uint64_t) override {
    if (refuses) return fail(ErrorKind::kUnavailable, "connection refused");
    const MutexLock lock(mutex_);
    EXPECT_TRUE(open_.insert(slot).second) << "made twice";
    most_ = std::max(most_, open_.size());
    ++made_;
    return {};
  }
  void close(Slot slot, CloseReason) override {
    const MutexLock lock(mutex_);
    EXPECT_EQ(open_.erase(slot), 1U) << "closed twice";
  }
  bool is_alive(Slot) override { return true; }
  bool ping(Slot) override { return true; }
  void interrupt(Slot, std::uint64_t) override { ++interrupts; }

  std::size_t open() {
    const MutexLock lock(mutex_);
    return open_.size();
  }
  std::size_t most() {
    const MutexLock lock(mutex_);
    return most_;
  }
  int made() {
    const MutexLock lock(mutex_);
    return made_;
  }
  std::atomic<bool> refuses = false;
  std::atomic<int> interrupts = 0;

 private:
  Mutex mutex_;
  std::set<Slot> open_ WELLSPRING_GUARDED_BY(mutex_);
  std::size_t most_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  int made_ WELLSPRING_GUARDED_BY(mutex_) = 0;
};

class PoolTest : public testing::Test {
 protected:
  ~PoolTest() override {
    for (auto& pool : pools_) EXPECT_TRUE(pool->close(10s, 10s));
    connectors_.join();
    pools_.clear();
    EXPECT_EQ(factory_.open(), 0U);
  }
  Pool& make(std::size_t min, std::size_t max) {
    PoolOptions options;
    options.name = "test";
    options.min_size = min;
    options.max_size = max;
    options.wait_limit = wait_limit_;
    pools_.push_back(std::make_unique<Pool>(
        options,
        Pool::Parts{
            .factory = factory_,
            .clock = clock_,
            .keeper = &keeper_,
            .spawn = [this](std::function<void()> work) { boost::asio::post(connectors_, std::move(work)); },
            .on_overdue = {}}));
    pools_.back()->ready();
    return *pools_.back();
  }

  std::chrono::milliseconds wait_limit_ = 20s;
  SystemClock clock_;
  CountingFactory factory_;
  boost::asio::thread_pool connectors_{2};
  Keeper keeper_{clock_};
  std::vector<std::unique_ptr<Pool>> pools_;
};

TEST_F(PoolTest, ManyThreadsShareFewConnections) {
  Pool& pool = make(2, 4);
  std::atomic<int> in_use = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 16; ++thread) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 500; ++turn) {
          const auto lease = pool.acquire();
          ASSERT_TRUE(lease.has_value()) << lease.error().message;
          const int now = ++in_use;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
          if (turn % 16 == 0) std::this_thread::yield();
          --in_use;
          ++done;
        }
      });
    }
  }
  EXPECT_EQ(done, 16 * 500);
  EXPECT_LE(most, 4);
  EXPECT_LE(factory_.most(), 4U);
  EXPECT_LE(factory_.made(), 4);
  EXPECT_EQ(pool.report().counts.in_use, 0U);
}

TEST_F(PoolTest, BrokenOnesAreReplacedWhileOthersWork) {
  Pool& pool = make(2, 8);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int turn = 0; turn < 200; ++turn) {
          auto lease = pool.acquire();
          ASSERT_TRUE(lease.has_value()) << lease.error().message;
          if ((turn + thread) % 3 == 0) lease->mark(Returned::kError);
        }
      });
    }
  }
  EXPECT_LE(factory_.most(), 8U);
  EXPECT_GT(factory_.made(), 100);
}

TEST_F(PoolTest, AWaitEndsInTimeAndSaysWhy) {
  wait_limit_ = 100ms;
  Pool& pool = make(1, 1);
  const auto held = pool.acquire();
  const auto start = std::chrono::steady_clock::now();
  const auto refused = pool.acquire();
  const auto took = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kDeadline);
  EXPECT_EQ(refused.error().subject, "test");
  EXPECT_NE(refused.error().message.find("pool 'test': gave up after 1"), std::string::npos)
      << refused.error().message;
  EXPECT_NE(refused.error().message.find("exhausted"), std::string::npos);
  EXPECT_GE(took, 100ms);
}

TEST_F(PoolTest, AsynchronousWaitersHoldNoThreadAndKeepTheirTurn) {
  Pool& pool = make(1, 1);
  auto held = pool.acquire();
  Mutex mutex;
  std::vector<int> order;
  std::vector<Lease> leases;
  for (int number = 0; number < 100; ++number) {
    pool.async_acquire({}, SteadyTime::max(), [&, number](Result<Lease> lease) {
      ASSERT_TRUE(lease.has_value());
      const MutexLock lock(mutex);
      order.push_back(number);
      leases.push_back(std::move(*lease));
    });
  }
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(pool.report().counts.waiters, 100U);
  held->give_back();
  for (int number = 0; number < 100; ++number) {
    ASSERT_EQ(leases.size(), 1U);
    EXPECT_EQ(order.back(), number);
    Lease last = std::move(leases.back());
    leases.clear();
    last.give_back();
  }
  EXPECT_TRUE(leases.empty());
}

TEST_F(PoolTest, ClosingWaitsForWhatIsOutAndCutsItInTheEnd) {
  Pool& pool = make(1, 4);
  auto lease = pool.acquire();
  ASSERT_TRUE(lease.has_value());
  EXPECT_FALSE(pool.close(10ms, 10ms));
  EXPECT_EQ(factory_.interrupts, 1);
  EXPECT_EQ(pool.report().counts.in_use, 1U) << "never closed under its holder";
  EXPECT_EQ(pool.acquire().error().kind, ErrorKind::kCancelled);
  lease->give_back();
  EXPECT_TRUE(pool.close(10ms, 10ms)) << "a second time it only waits";
}

TEST_F(PoolTest, ARefusingServerIsReportedToWhoWaits) {
  wait_limit_ = 300ms;
  factory_.refuses = true;
  Pool& pool = make(1, 2);
  const auto refused = pool.acquire();
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().message.find("connection refused"), std::string::npos) << refused.error().message;
  factory_.refuses = false;
  EXPECT_TRUE(pool.acquire().has_value()) << "and found again without being told";
}

TEST_F(PoolTest, ALeaseTellsItsThread) {
  Pool& pool = make(1, 2);
  const Lease mine = pool.acquire().value();
  EXPECT_EQ(pool.report().holders.at(0).tag.thread, ::gettid());
  std::thread([&] {
    const Lease other = pool.acquire().value();
    EXPECT_EQ(pool.report().holders.at(1).tag.thread, ::gettid());
  }).join();
}

TEST_F(PoolTest, ALeaseMovesAndGivesBackOnce) {
  Pool& pool = make(1, 2);
  Lease first = pool.acquire().value();
  Lease second = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_TRUE(second);
  second.give_back();
  second.give_back();
  EXPECT_FALSE(second);
  EXPECT_EQ(pool.report().counts.in_use, 0U);
  Lease third = pool.acquire().value();
  third = pool.acquire().value();
  EXPECT_EQ(pool.report().counts.in_use, 1U);
}

}  // namespace
}  // namespace wellspring::mongo
