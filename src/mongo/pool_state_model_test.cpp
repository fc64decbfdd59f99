// Random events against what must always hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

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

/// What must hold after every step, whatever happened.
void expect_consistent(const StateHarness& pool, std::size_t limbo) {
  const PoolCounts counts = pool.state.counts();
  const PoolTotals& totals = pool.state.totals();
  ASSERT_LE(counts.total() + limbo, pool.state.options().max_size);
  ASSERT_EQ(pool.created() - pool.closed(), counts.total());
  std::uint64_t outcomes = 0;
  for (const std::uint64_t one : totals.acquired) outcomes += one;
  ASSERT_EQ(outcomes + counts.waiters, totals.acquires);
  ASSERT_LE(pool.establishing.size() + pool.checking.size(), pool.state.options().connecting_max);
}

TEST(PoolStateModel, HoldsItsPromisesUnderAnyOrderOfEvents) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    PoolOptions options = small(seed % 4, 4 + seed % 5);
    options.wait_limit = 200ms;
    StateHarness pool(options);
    pool.close_at_once = false;
    pool.ready();
    std::vector<Slot> held;
    std::size_t seen = 0;
    std::uint64_t served = 0;  // waiters are numbered by arrival
    bool lost = false;
    for (int event = 0; event < 4'000; ++event) {
      if (chance(35) && pool.waiters.size() < 2'000) pool.ask(std::chrono::milliseconds{random() % 400});
      if (chance(35) && !held.empty()) {
        const std::size_t at = random() % held.size();
        const Slot slot = held[at];
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
        pool.give(slot, chance(5) ? Returned::kError : Returned::kClean);
      }
      if (chance(30) && !pool.establishing.empty()) chance(80) ? pool.establish_one() : pool.fail_one();
      if (chance(30) && !pool.checking.empty()) pool.check_one(chance(80));
      if (chance(30)) pool.finish_closing();
      if (chance(1)) pool.dead.insert(static_cast<Slot>(random() % options.max_size));
      if (chance(1)) {
        lost = !lost;
        pool.step([&](Actions& actions) {
          lost ? pool.state.server_lost("gone", pool.now) : pool.state.server_found(pool.now, actions);
        });
      }
      pool.now += std::chrono::milliseconds{random() % 20};
      if (pool.state.next_due() <= pool.now) pool.tend();
      for (; seen < pool.decided.size(); ++seen) {
        const Waiter* waiter = pool.decided[seen];
        if (!has_connection(waiter->outcome)) continue;
        held.push_back(waiter->slot);
        const auto number =
            static_cast<std::uint64_t>(std::find_if(pool.waiters.begin(), pool.waiters.end(),
                                                    [&](const auto& one) { return one.get() == waiter; }) -
                                       pool.waiters.begin());
        ASSERT_GE(number + 1, served) << "seed " << seed << ": a newcomer overtook";
        served = number + 1;
      }
      ASSERT_NO_FATAL_FAILURE(expect_consistent(pool, pool.closing.size())) << "seed " << seed;
    }
    // Whatever happened: with the server there and nobody asking, the minimum comes back.
    if (lost) pool.step([&](Actions& actions) { pool.state.server_found(pool.now, actions); });
    pool.close_at_once = true;
    pool.finish_closing();
    for (const Slot slot : held) pool.give(slot);
    for (int second = 0; second < 120; ++second) {
      pool.pass(1s);
      for (; seen < pool.decided.size(); ++seen) {
        if (has_connection(pool.decided[seen]->outcome)) pool.give(pool.decided[seen]->slot);
      }
      while (!pool.checking.empty()) pool.check_one(true);
      pool.establish_all();
    }
    EXPECT_EQ(pool.state.counts().idle, options.min_size) << "seed " << seed;
    EXPECT_EQ(pool.state.counts().total(), options.min_size) << "seed " << seed;
  }
}

}  // namespace
}  // namespace wellspring::mongo
