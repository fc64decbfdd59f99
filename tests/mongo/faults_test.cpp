// Scenarios 7, 8, 9, 15, 18 and 20: connections that die, operations that fail, servers that step down,
// clocks that jump.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

#include "mongo/driver/handles.hpp"
#include "world.hpp"

namespace wellspring::testing {
namespace {

using mongo::CloseReason;
using mongo::driver::BsonHandle;
using mongo::driver::CollectionHandle;
using mongo::driver::CursorHandle;
using mongo::driver::Repeat;
using mongo::driver::with_client;

PoolsOptions with(Layout layout) {
  PoolsOptions options;
  options.layout = layout;
  return options;
}

class KillTest : public ::testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(Layouts, KillTest, ::testing::Values(Layout::kSplit, Layout::kShared),
                         [](const auto& layout) {
                           return layout.param == Layout::kSplit ? "Split" : "Shared";
                         });

/// Kills the most recently used idle connection, then 1,000 operations. How many failed.
int kill_one(World& world) {
  EXPECT_EQ(world.server.kill(
                {.role = Role::kApp, .app_name = world.app_name("vector"), .idle_only = true, .first = 1}),
            1U);
  int failed = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (find_one(world.pools->vector(), i)) ++failed;
  }
  return failed;
}

TEST_P(KillTest, Scenario7OneIdleConnectionDies) {
  World world(with(GetParam()));
  ASSERT_TRUE(world.warm());
  EXPECT_FALSE(ping(world.pools->vector()));
  const std::size_t before = world.created();
  const std::size_t monitors = world.monitors_created();
  const std::uint64_t cleared = world.cleared();
  const int failed = kill_one(world);
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(world.wait_current(25, 3s));
  EXPECT_EQ(world.created() - before, 1U);

  { const auto more = take(world.pools->vector(), 20); }
  EXPECT_FALSE(ping(world.pools->vector()));
  const std::size_t with_more = world.created();
  const int failed_above = kill_one(world);
  EXPECT_EQ(failed_above, 0);
  EXPECT_TRUE(world.stays_quiet(3s));
  EXPECT_EQ(world.created() - with_more, 0U);
  EXPECT_EQ(world.monitors_created() - monitors, 0U);
  EXPECT_EQ(world.cleared() - cleared, 0U);
  figure(GetParam() == Layout::kSplit ? "7" : "7 (shared)",
         fmt::format(
             "at the minimum: failed {}, new {}; above it: failed {}, new {}; monitors new {}, cleared {}",
             failed, with_more - before - 10, failed_above, world.created() - with_more,
             world.monitors_created() - monitors, world.cleared() - cleared));
}

TEST(FaultsTest, Scenario8AllIdleConnectionsOfOnePoolDie) {
  World world;
  ASSERT_TRUE(world.warm());
  const std::size_t before = world.app("vector").total_created;
  const std::size_t others = world.created() - before;
  const SteadyTime killed = std::chrono::steady_clock::now();
  EXPECT_EQ(world.server.kill({.role = Role::kApp, .app_name = "wellspring:vector", .idle_only = true}), 10U);
  std::atomic<int> failed = 0;
  on_threads(8, [&](int) {
    for (int i = 0; i < 100; ++i) {
      if (find_one(world.pools->vector())) ++failed;
    }
  });
  EXPECT_TRUE(world.wait_current(10, 3s, "vector"));
  const std::size_t fresh = world.app("vector").total_created - before;
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(fresh, 10U);
  EXPECT_LE(world.handshakes_peak("vector", killed), 2U);
  EXPECT_EQ(world.created() - world.app("vector").total_created - others, 0U);
  figure("8", fmt::format("failed {}, new {}, handshakes at once {}, other pools new {}", failed.load(),
                          fresh, world.handshakes_peak("vector", killed),
                          world.created() - world.app("vector").total_created - others));
}

std::set<std::int64_t> connections_of_vector(const World& world) {
  std::set<std::int64_t> ids;
  for (const ConnectionRecord& record : world.server.snapshot().open()) {
    if (record.role == Role::kApp && record.app_name == world.app_name("vector")) ids.insert(record.id);
  }
  return ids;
}

TEST(FaultsTest, Scenario9OneOperationTimesOut) {
  World world;
  ASSERT_TRUE(world.warm());
  MongoPool& pool = world.pools->vector();
  for (int id = 0; id < 50; ++id) ASSERT_FALSE(insert_one(pool, id));
  { const auto grown = take(pool, 50); }
  const std::size_t before = world.created();
  const std::uint64_t cleared = world.cleared();
  const std::set<std::int64_t> theirs = connections_of_vector(world);
  ASSERT_EQ(theirs.size(), 50U);
  FaultRule slow = delay_of("find", 300ms);
  slow.times = 1;
  world.server.add_fault(slow);
  const SteadyTime start = std::chrono::steady_clock::now();
  const auto late = find_one(pool, 7, in(100ms));
  const auto took = since(start);
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->kind, ErrorKind::kDeadline) << late->message;
  EXPECT_LE(took, 150ms);
  // Long enough for the late reply to arrive somewhere.
  const SteadyTime end = in(500ms);
  int wrong = 0, asked = 0;
  for (int id = 0; std::chrono::steady_clock::now() < end; id = (id + 1) % 50, ++asked) {
    const auto found = find_id(pool, id);
    if (!found || *found != id) ++wrong;
  }
  EXPECT_EQ(wrong, 0);
  const std::size_t fresh = world.created() - before;
  const std::size_t closed = 50 + fresh - world.app("vector").current;
  const auto kept = std::ranges::count_if(connections_of_vector(world),
                                          [&](std::int64_t id) { return theirs.contains(id); });
  EXPECT_LE(closed, 2U);
  EXPECT_LE(fresh, 1U);
  EXPECT_EQ(kept, 49) << "the others keep theirs";
  EXPECT_EQ(world.cleared() - cleared, 0U);
  figure("9",
         fmt::format(
             "failed after {} ms; closed {}, new {}, {} of the others kept, cleared {}, {} finds later {} "
             "wrong",
             took.count(), closed, fresh, kept, world.cleared() - cleared, asked, wrong));
}

/// A find in small batches over what scenario 15 inserted.
CursorHandle open_cursor(mongoc_client_t* client) {
  const CollectionHandle collection(mongoc_client_get_collection(client, "scenarios", "things"));
  const BsonHandle filter(bson_new());
  const BsonHandle options(BCON_NEW("batchSize", BCON_INT32(2)));
  return CursorHandle(
      mongoc_collection_find_with_opts(collection.get(), filter.get(), options.get(), nullptr), {client});
}

void break_early(MongoPool& pool) {
  EXPECT_TRUE(with_client(pool, {.name = "breaking off"}, [](mongoc_client_t* client, bson_error_t*) {
    const CursorHandle cursor = open_cursor(client);
    const bson_t* document = nullptr;
    return mongoc_cursor_next(cursor.get(), &document);
  }));
}

void fail_to_aggregate(MongoPool& pool) {
  const auto failed =
      with_client(pool, {.name = "aggregating"}, [](mongoc_client_t* client, bson_error_t* error) {
        const CollectionHandle collection(mongoc_client_get_collection(client, "scenarios", "things"));
        const BsonHandle stages(BCON_NEW("pipeline", "[", "{", "$nonsense", "{", "}", "}", "]"));
        const CursorHandle cursor(
            mongoc_collection_aggregate(collection.get(), MONGOC_QUERY_NONE, stages.get(), nullptr, nullptr));
        const bson_t* document = nullptr;
        while (mongoc_cursor_next(cursor.get(), &document)) continue;
        return !mongoc_cursor_error(cursor.get(), error);
      });
  EXPECT_TRUE(failed.has_error());
}

void throw_midway(MongoPool& pool) {
  EXPECT_THROW(with_client(pool, {.name = "throwing"},
                           [](mongoc_client_t* client, bson_error_t*) -> bool {
                             const CursorHandle cursor = open_cursor(client);
                             const bson_t* document = nullptr;
                             mongoc_cursor_next(cursor.get(), &document);
                             throw std::runtime_error("midway");
                           }),
               std::runtime_error);
}

void lose_get_more(World& world) {
  world.server.add_fault(close_on_nth("getMore", 1));
  const auto failed = with_client(world.pools->vector(), {.name = "reading on"},
                                  [](mongoc_client_t* client, bson_error_t* error) {
                                    const CursorHandle cursor = open_cursor(client);
                                    const bson_t* document = nullptr;
                                    while (mongoc_cursor_next(cursor.get(), &document)) continue;
                                    return !mongoc_cursor_error(cursor.get(), error);
                                  });
  EXPECT_TRUE(failed.has_error());
  world.server.clear_faults();
}

TEST(FaultsTest, Scenario15CursorsAndErrors) {
  World world;
  ASSERT_TRUE(world.warm());
  MongoPool& pool = world.pools->vector();
  for (int id = 0; id < 10; ++id) ASSERT_FALSE(insert_one(pool, id));
  const std::size_t total = world.report("vector").counts.total();
  const int turns = scaled(10'000);
  const int lost = scaled(200);
  for (int turn = 0; turn < turns; ++turn) {
    break_early(pool);
    fail_to_aggregate(pool);
    throw_midway(pool);
  }
  EXPECT_EQ(world.report("vector").counts.in_use, 0U);
  EXPECT_EQ(world.report("vector").counts.total(), total);
  EXPECT_EQ(world.server.open_cursors(), 0U);
  const std::size_t killed = world.server.snapshot().cursors_killed();
  EXPECT_EQ(killed, 2U * static_cast<std::size_t>(turns));
  const std::uint64_t cleared = world.cleared();
  const std::size_t before = world.created();
  for (int turn = 0; turn < lost; ++turn) lose_get_more(world);
  EXPECT_TRUE(world.pools->wait_warm(in(3s)));
  EXPECT_EQ(world.report("vector").counts.in_use, 0U);
  EXPECT_EQ(world.report("vector").counts.total(), total);
  EXPECT_EQ(world.cleared() - cleared, 0U);
  figure("15",
         fmt::format("{} x each of 3 ways, {} getMore lost: in use {}, total {} as before, cursors killed "
                     "{}, new {}, cleared {}",
                     turns, lost, world.report("vector").counts.in_use, world.report("vector").counts.total(),
                     killed, world.created() - before, world.cleared() - cleared));
}

FakeMongodOptions replica_set() {
  FakeMongodOptions options;
  options.topology.replica_set = "rs";
  return options;
}

TEST(FaultsTest, Scenario18Failover) {
  World world({}, "replicaSet=rs", replica_set());
  ASSERT_TRUE(world.warm());
  MongoPool& pool = world.pools->vector();
  const std::size_t before = world.created();
  const std::uint64_t inserts = world.server.snapshot().commands("insert");
  world.server.add_fault(not_writable_primary(1));
  const auto failed = insert_one(pool, 1);
  EXPECT_FALSE(failed) << failed->message;
  const std::uint64_t sent = world.server.snapshot().commands("insert") - inserts;
  EXPECT_EQ(sent, 2U);
  EXPECT_FALSE(ping(pool));
  const std::size_t fresh = world.created() - before;
  EXPECT_EQ(fresh, 0U);

  const std::uint64_t lost = world.report("vector").totals.lost;
  constexpr int kThreads = 8;
  FaultRule down = shutdown_in_progress(kThreads);
  down.command = "find";
  down.delay = 50ms;
  world.server.add_fault(down);
  std::atomic<int> wrong = 0;
  on_threads(kThreads, [&](int) {
    if (find_one(pool)) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
  const std::uint64_t transitions = world.report("vector").totals.lost - lost;
  EXPECT_EQ(transitions, 1U);
  figure("18", fmt::format(
                   "stepping down: new {}, inserts sent {}; shutting down in {} threads: lost {}, failed {}",
                   fresh, sent, kThreads, transitions, wrong.load()));
}

/// A wall clock that an operator sets.
class JumpingClock final : public Clock {
 public:
  Timestamp wall() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) +
           std::chrono::hours{hours_.load()};
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  void jump(int hours) { hours_ += hours; }

 private:
  std::atomic<int> hours_{0};
};

TEST(FaultsTest, Scenario20ClockJumps) {
  FakeMongod server;
  JumpingClock clock;
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  PoolsOptions options;
  options.vector.wait_limit = 1s;
  const auto pools = open_pools(server.uri(), options, clock, log);
  ASSERT_TRUE(pools->wait_warm(in(5s)));
  auto held = take(pools->vector(), 50);
  const std::size_t before = server.snapshot().total_created(Role::kApp);
  for (const int hours : {1, -2, 1}) {
    const SteadyTime start = std::chrono::steady_clock::now();
    const std::jthread jump([&] { clock.jump(hours); });
    EXPECT_FALSE(pools->vector().acquire().has_value());
    EXPECT_GE(since(start), 990ms);
    EXPECT_LE(since(start), 1'050ms);
  }
  held.clear();
  // Idle, above the minimum, over some sweeps.
  for (const int hours : {1, -2, 1}) {
    clock.jump(hours);
    EXPECT_FALSE(server.wait_until(
        [](const Ledger& ledger) { return ledger.counts("wellspring:vector", Role::kApp).current != 50; },
        1'200ms))
        << "no mass reaping";
  }
  const std::size_t fresh = server.snapshot().total_created(Role::kApp) - before;
  EXPECT_EQ(fresh, 0U);
  figure("20", fmt::format("3 jumps of the wall clock in waits of 1 s, which are kept, and 3 while idle: "
                           "C(vector)=50, new {}",
                           fresh));
  EXPECT_TRUE(pools->close(1s, 1s));
}

}  // namespace
}  // namespace wellspring::testing
