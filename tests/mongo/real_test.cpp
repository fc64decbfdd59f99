// The scenarios that need no knowledge of roles, against a real server behind a counting gate. Every fault
// ends with recovery.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>

#include "mongo/driver/handles.hpp"
#include "real_fixture.hpp"

namespace wellspring::testing {
namespace {

using mongo::driver::BsonHandle;
using mongo::driver::CollectionHandle;
using mongo::driver::CursorHandle;
using mongo::driver::with_client;

constexpr std::chrono::milliseconds kBudget{5'200};

TEST_F(RealTest, Scenario1WarmStart) {
  for (const Layout layout : {Layout::kSplit, Layout::kShared}) {
    PoolsOptions options;
    options.layout = layout;
    const std::size_t before = gate_->counts().total;
    open(options);
    warm();
    EXPECT_EQ(sockets(), 25U);
    EXPECT_EQ((std::array{sockets_of(0), sockets_of(1), sockets_of(2)}),
              (std::array<std::uint64_t, 3>{10, 5, 10}));
    EXPECT_EQ(gate_->counts().total - before, 25 + monitors());
    figure(layout == Layout::kSplit ? "1, real" : "1, real, shared",
           fmt::format("at rest {} + {} monitors, opened {}", sockets(), monitors(),
                       gate_->counts().total - before));
    EXPECT_TRUE(pools_->close(1s, 1s));
    EXPECT_TRUE(gate_->wait_current(0, 1s));
  }
}

TEST_F(RealTest, Scenario4SpikeAndShrinkFifteenTimesFaster) {
  PoolsOptions options;
  options.vector.idle_limit = 2s;
  open(options);
  warm();
  { const auto spike = take(pools_->vector(), 50); }
  const SteadyTime last_use = std::chrono::steady_clock::now();
  EXPECT_EQ(gate_->counts().current, 65 + monitors());
  EXPECT_TRUE(gate_->wait_current(25 + monitors(), 4s));
  const auto took = since(last_use);
  EXPECT_GE(took, 2'000ms);
  EXPECT_LE(took, 2'133ms);
  const std::size_t before = gate_->counts().total;
  EXPECT_FALSE(gate_->wait_current(24 + monitors(), 500ms)) << "never below";
  { const auto next = take(pools_->vector(), 10); }
  EXPECT_EQ(gate_->counts().total - before, 0U);
  figure("4, real", fmt::format("back at 10 after {} ms (limit 2000), next spike new 0", took.count()));
}

TEST_F(RealTest, Scenario5Exhaustion) {
  PoolsOptions options;
  options.vector.wait_limit = 500ms;
  open(options);
  warm();
  {
    const auto held = take(pools_->vector(), 50);
    const std::size_t before = gate_->counts().total;
    const SteadyTime start = std::chrono::steady_clock::now();
    const auto refused = pools_->vector().acquire();
    const auto took = since(start);
    EXPECT_FALSE(refused.has_value());
    EXPECT_GE(took, 495ms);
    EXPECT_LE(took, 505ms);
    EXPECT_EQ(gate_->counts().total - before, 0U);
    figure("5, real", fmt::format("refused after {} ms (limit 500), new 0", took.count()));
  }
  EXPECT_TRUE(works());
}

TEST_F(RealTest, Scenario7OneIdleConnectionDies) {
  open();
  warm();
  EXPECT_FALSE(find_one(pools_->vector()));
  const std::size_t before = gate_->counts().total;
  ASSERT_EQ(gate_->cut(1), 1U);
  int failed = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (find_one(pools_->vector(), i)) ++failed;
  }
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(gate_->wait_current(25 + monitors(), 3s));
  EXPECT_EQ(gate_->counts().total - before, 1U);
  EXPECT_EQ(vector().totals.lost, 0U);
  const std::size_t at_the_minimum = gate_->counts().total - before;
  { const auto more = take(pools_->vector(), 20); }
  EXPECT_FALSE(find_one(pools_->vector()));
  const std::size_t with_more = gate_->counts().total;
  ASSERT_EQ(gate_->cut(1), 1U);
  for (int i = 0; i < 1'000; ++i) {
    if (find_one(pools_->vector(), i)) ++failed;
  }
  EXPECT_EQ(failed, 0);
  EXPECT_FALSE(gate_->wait_current(35 + monitors(), 3s)) << "one fewer, and none in its place";
  EXPECT_EQ(gate_->counts().total - with_more, 0U);
  EXPECT_EQ(vector().totals.lost, 0U);
  figure("7, real", fmt::format("failed {}, new {}; above the minimum new {}; times lost {}", failed,
                                at_the_minimum, gate_->counts().total - with_more, vector().totals.lost));
  expect_recovery();
}

TEST_F(RealTest, Scenario8AllIdleConnectionsOfOnePoolDie) {
  open();
  warm();
  {
    const auto all = take(pools_->vector(), 10);
    for (const auto& lease : all) {
      const BsonHandle command(BCON_NEW("ping", BCON_INT32(1)));
      EXPECT_TRUE(
          mongoc_client_command_simple(lease.client(), "admin", command.get(), nullptr, nullptr, nullptr));
    }
  }
  const std::size_t before = gate_->counts().total;
  ASSERT_EQ(gate_->cut(10), 10U);
  std::atomic<int> failed = 0;
  on_threads(8, [&](int) {
    for (int i = 0; i < 100; ++i) {
      if (find_one(pools_->vector())) ++failed;
    }
  });
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(gate_->wait_current(25 + monitors(), 3s));
  EXPECT_EQ(gate_->counts().total - before, 10U);
  figure("8, real", fmt::format("failed {}, new {}", failed.load(), gate_->counts().total - before));
  expect_recovery();
}

TEST_F(RealTest, Scenario10ServerRestart) {
  open();
  warm();
  gate_->delay(5ms);
  std::atomic<bool> stopping = false;
  std::atomic<int> done = 0, failed = 0;
  std::atomic<std::int64_t> longest = 0;
  std::vector<std::jthread> load;
  for (MongoPool* const pool : {&pools_->vector(), &pools_->app(), &pools_->sources()}) {
    for (int i = 0; i < 4; ++i) {
      load.emplace_back([&, pool] {
        while (!stopping) {
          const SteadyTime start = std::chrono::steady_clock::now();
          if (find_one(*pool, 1, start + kBudget)) ++failed;
          longest = std::max(longest.load(), since(start).count());
          ++done;
        }
      });
    }
  }
  while (done < 100) std::this_thread::yield();
  const std::size_t attempts_before = gate_->counts().refused;
  const std::size_t before = gate_->counts().total;
  gate_->refuse();
  gate_->cut_all();
  EXPECT_FALSE(gate_->wait_current(1, 3s));
  gate_->pass();
  const SteadyTime passing = std::chrono::steady_clock::now();
  EXPECT_TRUE(pools_->wait_warm(in(5s)).has_value());
  const auto back = since(passing);
  const int done_before = done;
  while (done < done_before + 200) std::this_thread::yield();
  stopping = true;
  load.clear();
  gate_->delay(0ms);
  EXPECT_EQ(failed, 0);
  EXPECT_LE(longest, kBudget.count());
  EXPECT_LE(gate_->counts().total - before, 25 + 12 + monitors());
  figure("10, real",
         fmt::format("{} requests: failed {}, longest {} ms; warm {} ms after the return, new {}, attempts "
                     "refused {} by 3 pools",
                     done.load(), failed.load(), longest.load(), back.count(), gate_->counts().total - before,
                     gate_->counts().refused - attempts_before));
  expect_recovery();
}

TEST_F(RealTest, Scenario11BlackHoleAtStart) {
  gate_->black_hole();
  open({}, "connectTimeoutMS=500");
  EXPECT_FALSE(pools_->wait_warm(in(3s)).has_value());
  const std::size_t attempts = gate_->counts().total;
  EXPECT_LE(attempts, 12U);
  EXPECT_FALSE(pools_->reachable());
  gate_->pass();
  const SteadyTime healed = std::chrono::steady_clock::now();
  EXPECT_TRUE(pools_->wait_warm(in(5s)).has_value());
  figure("11, real", fmt::format("{} attempts in 3 s by 3 monitors, warm {} ms after it passes", attempts,
                                 since(healed).count()));
  EXPECT_TRUE(works());
}

TEST_F(RealTest, Scenario14LeakAHundredTimesFaster) {
  PoolsOptions options;
  options.vector.overdue_after = 300ms;
  open(options);
  warm();
  ::testing::internal::CaptureStderr();
  {
    const SteadyTime start = std::chrono::steady_clock::now();
    const auto leaked = pools_->vector().acquire();
    while (vector().totals.leaks_suspected == 0 && since(start) < 2s) std::this_thread::yield();
    figure("14, real", fmt::format("suspected after {} ms (limit 300)", since(start).count()));
    EXPECT_LE(since(start), 310ms);
  }
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("real_test.cpp:"), std::string::npos);
  EXPECT_EQ(vector().totals.leaks_suspected, 1U);
  EXPECT_EQ(vector().totals.leaks_recovered, 1U);
  EXPECT_TRUE(works());
}

TEST_F(RealTest, Scenario15CursorsBrokenOffAndFailing) {
  open();
  warm();
  for (int id = 0; id < 10; ++id) static_cast<void>(insert_one(pools_->vector(), id));
  constexpr int kTurns = 300;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto broken =
        with_client(pools_->vector(), {.name = "breaking off"}, [](mongoc_client_t* client, bson_error_t*) {
          const CollectionHandle collection(mongoc_client_get_collection(client, "scenarios", "things"));
          const BsonHandle filter(bson_new());
          const BsonHandle batch(BCON_NEW("batchSize", BCON_INT32(2)));
          const CursorHandle cursor(
              mongoc_collection_find_with_opts(collection.get(), filter.get(), batch.get(), nullptr),
              {client});
          const bson_t* document = nullptr;
          return mongoc_cursor_next(cursor.get(), &document);
        });
    EXPECT_TRUE(broken.has_value());
    const auto failed =
        with_client(pools_->vector(), {.name = "failing"}, [](mongoc_client_t* client, bson_error_t* error) {
          const BsonHandle command(BCON_NEW("noSuchCommand", BCON_INT32(1)));
          return mongoc_client_command_simple(client, "scenarios", command.get(), nullptr, nullptr, error);
        });
    EXPECT_TRUE(failed.has_error());
  }
  EXPECT_EQ(vector().counts.in_use, 0U);
  EXPECT_EQ(vector().counts.total(), 10U);
  EXPECT_EQ(gate_->counts().current, 25 + monitors());
  figure("15, real", fmt::format("{} x 2 ways: in use {}, total {}", kTurns, vector().counts.in_use,
                                 vector().counts.total()));
}

TEST_F(RealTest, Scenario17StuckLease) {
  open();
  warm();
  auto stuck = std::make_optional(pools_->app().acquire().value());
  ::testing::internal::CaptureStderr();
  const SteadyTime start = std::chrono::steady_clock::now();
  EXPECT_FALSE(pools_->close(200ms, 100ms));
  const auto took = since(start);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("real_test.cpp:"), std::string::npos);
  EXPECT_LE(took, 500ms);
  stuck.reset();
  pools_.reset();
  figure("17, real",
         fmt::format("close gave up after {} ms (drain 200, cut 100) and named the holder", took.count()));
}

}  // namespace
}  // namespace wellspring::testing
