// Scenarios 1 to 4: at rest, under load, quiet, and after a spike.
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "world.hpp"

namespace wellspring::testing {
namespace {

const char* text_of(Layout layout) {
  return layout == Layout::kSplit ? "" : " (shared)";
}

PoolsOptions with(Layout layout) {
  PoolsOptions options;
  options.layout = layout;
  return options;
}

class RestTest : public ::testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(Layouts, RestTest, ::testing::Values(Layout::kSplit, Layout::kShared),
                         [](const auto& layout) {
                           return layout.param == Layout::kSplit ? "Split" : "Shared";
                         });

TEST_P(RestTest, Scenario1WarmStart) {
  const SteadyTime start = std::chrono::steady_clock::now();
  World world(with(GetParam()));
  EXPECT_FALSE(world.pools->wait_warm(start).has_value()) << "not ready before its connections are";
  ASSERT_TRUE(world.pools->wait_warm(in(5s)).has_value());
  const auto ready = since(start);
  EXPECT_EQ(world.current(), 25U) << "at the moment of readiness";
  EXPECT_EQ(world.created(), 25U);
  const std::size_t monitors = GetParam() == Layout::kSplit ? 6 : 2;
  EXPECT_TRUE(world.server.wait_until(
      [&](const Ledger& ledger) {
        return ledger.current(Role::kMonitor) + ledger.current(Role::kRtt) == monitors;
      },
      2s))
      << world.server.snapshot().json();
  EXPECT_EQ(world.current(), 25U);
  EXPECT_EQ(world.created(), 25U);
  if (GetParam() == Layout::kSplit) {
    EXPECT_EQ(world.app("vector").current, 10U);
    EXPECT_EQ(world.app("app").current, 5U);
    EXPECT_EQ(world.app("sources").current, 10U);
    EXPECT_EQ(world.server.snapshot().app_names(),
              (std::set<std::string>{"wellspring:app", "wellspring:sources", "wellspring:vector"}));
  } else {
    EXPECT_EQ(world.server.snapshot().app_names(), std::set<std::string>{"wellspring"});
  }
  std::size_t expected = 0;
  for (const auto& topology : world.pools->report().topologies) expected += topology.monitor_sockets_expected;
  EXPECT_EQ(expected, monitors);
  figure(fmt::format("1{}", text_of(GetParam())),
         fmt::format("C={} T={} M={}, ready after {} ms", world.current(), world.created(), world.monitors(),
                     ready.count()));
}

TEST(LoadTest, Scenario2SteadyLoad) {
  World world;
  ASSERT_TRUE(world.warm());
  for (MongoPool* const pool : world.all()) {
    const auto burst = take(*pool, 50);
    ASSERT_EQ(burst.size(), 50U);
  }
  const std::size_t before = world.created();
  std::atomic<int> failed = 0;
  const int each = (scaled(100'000) + 63) / 64;
  on_threads(64, [&](int thread) {
    MongoPool& pool = *world.all()[static_cast<std::size_t>(thread) % 3];
    for (int turn = 0; turn < each; ++turn) {
      const bool wrong = turn % 10 == 0  ? insert_one(pool, 1'000'000 + thread * each + turn).has_value()
                         : turn % 3 == 0 ? ping(pool).has_value()
                                         : find_one(pool, turn).has_value();
      if (wrong) ++failed;
    }
  });
  EXPECT_EQ(world.created() - before, 0U);
  EXPECT_EQ(failed, 0);
  EXPECT_LE(world.server.snapshot().counts(Role::kApp).peak, 150U);
  figure("2", fmt::format("{} operations on 64 threads: new {}, failed {}, peak {}", each * 64,
                          world.created() - before, failed.load(),
                          world.server.snapshot().counts(Role::kApp).peak));
}

constexpr int kQuietRatio = 20;

/// All limits of time shortened alike.
PoolsOptions shortened_limits(Layout layout) {
  PoolsOptions options = with(layout);
  for (auto* const pool : {&options.vector, &options.app, &options.sources}) {
    pool->idle_limit = shortened(30s, kQuietRatio);
    pool->sweep_every = shortened(1s, kQuietRatio);
    pool->keepalive_after = shortened(60s, kQuietRatio);
  }
  return options;
}

TEST(QuietTest, Scenario3TenQuietMinutes) {
  World split(shortened_limits(Layout::kSplit));
  World shared(shortened_limits(Layout::kShared));
  ASSERT_TRUE(split.warm());
  ASSERT_TRUE(shared.warm());
  std::atomic<bool> shared_quiet = false;
  const auto time = shortened(10min, kQuietRatio);
  const std::size_t before = split.created();
  const std::size_t before_shared = shared.created();
  {
    const std::jthread beside([&] { shared_quiet = shared.stays_quiet(time); });
    EXPECT_TRUE(split.stays_quiet(time));
  }
  EXPECT_TRUE(shared_quiet);
  EXPECT_EQ(split.current(), 25U);
  EXPECT_EQ(shared.current(), 25U);
  EXPECT_GT(split.report("vector").totals.checks, 0U) << "the quiet is kept alive by pings";
  figure("3", fmt::format("new {}, C={} over {} ms ({}); shared: new {}, C={}", split.created() - before,
                          split.current(), time.count(), ratio_text(kQuietRatio),
                          shared.created() - before_shared, shared.current()));
}

struct Shrink {
  std::chrono::milliseconds took{0};
  std::size_t least = 0;
  std::size_t left = 0;
  std::size_t new_in_next_spike = 0;
};

/// Grows the vector pool to 50 and waits until it is back at its minimum.
Shrink spike_and_shrink(World& world, std::size_t rest_of_others, std::chrono::milliseconds idle_limit) {
  const std::string name = world.app_name("vector");
  SteadyTime last_use;
  {
    auto leases = take(world.pools->vector(), 50);
    last_use = std::chrono::steady_clock::now();
  }
  Shrink shrink{.least = 50};
  EXPECT_TRUE(world.server.wait_until(
      [&](const Ledger& ledger) {
        const std::size_t now = app_counts(ledger, name).current - rest_of_others;
        shrink.least = std::min(shrink.least, now);
        return now == 10;
      },
      idle_limit * 2));
  shrink.took = since(last_use);
  world.server.wait_until(
      [&](const Ledger& ledger) {
        shrink.least = std::min(shrink.least, app_counts(ledger, name).current - rest_of_others);
        return false;
      },
      idle_limit / 3);
  shrink.left = world.app("vector").current - rest_of_others;
  const std::size_t before = world.created();
  const auto next = take(world.pools->vector(), 10);
  shrink.new_in_next_spike = world.created() - before;
  return shrink;
}

TEST(SpikeTest, Scenario4SpikeAndShrink) {
  const auto idle = shortened(30s, 10);
  PoolsOptions options;
  for (auto* const pool : {&options.vector, &options.app, &options.sources}) pool->idle_limit = idle;
  World split(options);
  options.layout = Layout::kShared;
  World shared(options);
  ASSERT_TRUE(split.warm());
  ASSERT_TRUE(shared.warm());
  Shrink in_shared;
  Shrink in_split;
  {
    const std::jthread beside([&] { in_shared = spike_and_shrink(shared, 15, idle); });
    in_split = spike_and_shrink(split, 0, idle);
  }
  for (const Shrink& shrink : {in_split, in_shared}) {
    EXPECT_GE(shrink.took, idle);
    EXPECT_LE(shrink.took, idle * 32 / 30);
    EXPECT_EQ(shrink.least, 10U);
    EXPECT_EQ(shrink.left, 10U);
    EXPECT_EQ(shrink.new_in_next_spike, 0U);
  }
  figure("4",
         fmt::format(
             "back at 10 after {} ms (limit {}, {}), least {}, next spike new {}; shared: {} ms, {}, {}",
             in_split.took.count(), idle.count(), ratio_text(10), in_split.least, in_split.new_in_next_spike,
             in_shared.took.count(), in_shared.least, in_shared.new_in_next_spike));
}

}  // namespace
}  // namespace wellspring::testing
