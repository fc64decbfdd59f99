// Scenarios 5, 6, 12, 13, 14 and 22: more demand than connections, slow handshakes, leases held too long,
// connections given up without pause.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "mongo/driver/topology.hpp"
#include "turns.hpp"
#include "world.hpp"

namespace wellspring::testing {
namespace {

using mongo::CloseReason;
using mongo::PoolOptions;
using mongo::Returned;
using mongo::driver::ClientLease;
using mongo::driver::Topology;

PoolsOptions with_vector(const std::function<void(PoolOptions&)>& change) {
  PoolsOptions options;
  change(options.vector);
  return options;
}

TEST(DemandTest, Scenario5Exhaustion) {
  World world;
  ASSERT_TRUE(world.warm());
  MongoPool& pool = world.pools->vector();
  auto held = take(pool, 50);
  const std::size_t before = world.created();

  const SteadyTime start = std::chrono::steady_clock::now();
  const auto refused = pool.acquire();
  const auto waited = since(start);
  ASSERT_FALSE(refused.has_value());
  EXPECT_GE(waited, 4'950ms);
  EXPECT_LE(waited, 5'050ms);
  EXPECT_NE(refused.error().message.find("exhausted"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("world.cpp:"), std::string::npos) << refused.error().message;
  EXPECT_EQ(world.created() - before, 0U);

  std::atomic<SteadyTime> granted;
  std::atomic<bool> waiting = false;
  {
    const std::jthread next([&] {
      waiting = true;
      const auto lease = pool.acquire();
      granted = std::chrono::steady_clock::now();
      EXPECT_TRUE(lease.has_value());
    });
    while (world.report("vector").counts.waiters == 0) std::this_thread::yield();
    const SteadyTime released = std::chrono::steady_clock::now();
    held.pop_back();
    while (granted.load() == SteadyTime{}) std::this_thread::yield();
    const auto took = std::chrono::duration<double, std::milli>(granted.load() - released);
    EXPECT_LT(took.count(), 5.0);
    figure("5", fmt::format("refused after {} ms, new {}, next waiter after {:.2f} ms; {}", waited.count(),
                            world.created() - before, took.count(), refused.error().message));
  }
}

TEST(DemandTest, Scenario6Fairness) {
  World world(with_vector(alone_with_no_limit));
  ASSERT_TRUE(world.warm());
  world.server.add_fault(delay_of("ping", 1ms));
  const Turns turns = take_turns(world.pools->vector(), 50, 1'000);
  EXPECT_EQ(turns.inversions, 0);
  EXPECT_LE(turns.worst_wait, 1.2);
  figure("6", fmt::format("1000 grants, 50 waiting: inversions {}, longest wait {:.3f} x position x hold",
                          turns.inversions, turns.worst_wait));
}

TEST(DemandTest, Scenario12SlowHandshakeStampede) {
  World world;
  ASSERT_TRUE(world.warm());
  world.server.add_fault(delay_of("hello", 500ms));
  world.server.add_fault(delay_of("ping", 300ms));
  const std::size_t before = world.created();
  const SteadyTime start = std::chrono::steady_clock::now();
  std::atomic<int> failed = 0;
  on_threads(40, [&](int) {
    if (ping(world.pools->vector())) ++failed;
  });
  const auto took = since(start);
  world.server.clear_faults();
  const auto settled = [&] { return world.report("vector").counts.pending == 0; };
  while (!settled()) std::this_thread::yield();
  const mongo::PoolReport report = world.report("vector");
  std::uint64_t dropped = 0;
  for (std::size_t reason = 0; reason < mongo::kCloseReasons; ++reason) {
    if (static_cast<CloseReason>(reason) != CloseReason::kIdle) dropped += report.totals.closed[reason];
  }
  const std::size_t fresh = world.created() - before;
  EXPECT_EQ(failed, 0);
  EXPECT_LE(world.handshakes_peak("vector", start), 2U);
  EXPECT_LE(fresh, 40U);
  EXPECT_EQ(dropped, 0U);
  EXPECT_EQ(report.counts.total(), 10U + fresh);
  figure("12", fmt::format("40 at once served in {} ms: new {}, handshakes at once {}, dropped {}",
                           took.count(), fresh, world.handshakes_peak("vector", start), dropped));
}

/// The wait ends just before the handshake does, again and again.
void race_deadlines(int threads, std::chrono::milliseconds time) {
  World world(with_vector([](PoolOptions& vector) { vector.wait_limit = 50ms; }));
  ASSERT_TRUE(world.warm());
  world.server.add_fault(delay_of("hello", 60ms));
  const std::size_t before = world.app("vector").total_created;
  const SteadyTime end = in(time);
  std::atomic<std::uint64_t> served = 0, refused = 0;
  on_threads(threads, [&](int) {
    while (std::chrono::steady_clock::now() < end) ++(ping(world.pools->vector()) ? refused : served);
  });
  while (world.report("vector").counts.pending > 0) std::this_thread::yield();
  const mongo::PoolReport report = world.report("vector");
  const std::size_t fresh = world.app("vector").total_created - before;
  EXPECT_LE(fresh, 50U);
  EXPECT_EQ(report.counts.in_use, 0U);
  EXPECT_EQ(report.counts.idle, 10U + fresh) << "every connection made is kept";
  figure("13", fmt::format("{} threads for {} ms: new {}, served {}, refused {}, idle in the end {}", threads,
                           time.count(), fresh, served.load(), refused.load(), report.counts.idle));
}

TEST(DemandTest, Scenario13DeadlineRace) {
  race_deadlines(scaled(1'000), shortened(30s, 15));
}

TEST(DemandTest, Scenario14Leak) {
  const auto limit = shortened(30s, 10);
  World world(with_vector([limit](PoolOptions& vector) {
    vector.overdue_after = limit;
    vector.wait_limit = 200ms;
  }));
  ASSERT_TRUE(world.warm());
  MongoPool& pool = world.pools->vector();
  ::testing::internal::CaptureStderr();
  {
    const SteadyTime start = std::chrono::steady_clock::now();
    const auto leaked = pool.acquire(LeaseTag{.request = "r-14"});
    ASSERT_TRUE(leaked.has_value());
    while (world.report("vector").totals.leaks_suspected == 0 && since(start) < limit * 2)
      std::this_thread::sleep_until(std::chrono::steady_clock::now() + 1ms);
    const auto noticed = since(start);
    EXPECT_GE(noticed, limit);
    EXPECT_LE(noticed, limit * 31 / 30);
    EXPECT_EQ(world.report("vector").totals.leaks_suspected, 1U);
    EXPECT_EQ(world.report("vector").counts.overdue, 1U);
    figure("14", fmt::format("suspected after {} ms (limit {}, {})", noticed.count(), limit.count(),
                             ratio_text(10)));
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("demand_test.cpp:"), std::string::npos) << log;
  EXPECT_NE(log.find("r-14"), std::string::npos) << log;
  EXPECT_EQ(world.report("vector").totals.leaks_recovered, 1U);
  EXPECT_EQ(world.report("vector").counts.overdue, 0U);

  { const auto grown = take(pool, 50); }
  const std::size_t before = world.created();
  const auto leak_at = [&pool](boost::source_location site) {
    LeaseTag tag;
    tag.site = site;
    tag.allowed = 1ms;
    return pool.acquire(std::move(tag)).value();
  };
  constexpr boost::source_location kOne("src/one.cpp", 11, "one");
  constexpr boost::source_location kOther("src/other.cpp", 22, "other");
  std::vector<ClientLease> all;
  for (int i = 0; i < 50; ++i) all.push_back(leak_at(i < 30 ? kOne : kOther));
  while (world.report("vector").counts.overdue < 50) std::this_thread::yield();
  const auto refused = pool.acquire();
  ASSERT_FALSE(refused.has_value());
  const std::string& why = refused.error().message;
  EXPECT_NE(why.find("held for too long: 30 by src/one.cpp:11, 20 by src/other.cpp:22"), std::string::npos)
      << why;
  EXPECT_EQ(world.app("vector").current, 50U);
  EXPECT_EQ(world.created() - before, 0U);
  all.clear();
  EXPECT_EQ(world.report("vector").totals.leaks_recovered, 51U);
  EXPECT_FALSE(ping(pool));
  figure("14", fmt::format("50 leaked: C={}, new {}, recovered {}; {}", world.app("vector").current,
                           world.created() - before, world.report("vector").totals.leaks_recovered, why));
}

TEST(DemandTest, Scenario22RetireStorm) {
  FakeMongod server;
  const SystemClock clock;
  mongo::Keeper keeper(clock);
  const auto connection = mongo::driver::read_connection_string(server.uri()).value();
  constexpr std::size_t kPlaces = 50;
  const int cycles = scaled(10'000);
  Topology topology(connection.uri.get(), "storm", kPlaces);
  {
    MongoPool pool(topology, {.name = "storm", .min_size = 10, .max_size = kPlaces, .connecting_max = 8},
                   {.clock = clock, .keeper = keeper, .on_overdue = {}});
    topology.start();
    ASSERT_TRUE(pool.wait_warm(in(5s)).has_value());
    std::atomic<int> retired = 0, failed = 0;
    on_threads(40, [&](int thread) {
      while (retired < cycles) {
        if (thread >= 8) {
          if (find_one(pool)) ++failed;
        } else if (auto lease = pool.acquire()) {
          lease->mark(Returned::kError);
          ++retired;
        }
      }
    });
    EXPECT_EQ(failed, 0);
    EXPECT_TRUE(pool.wait_warm(in(5s)).has_value());
    while (pool.report().counts.pending > 0) std::this_thread::yield();
    const std::size_t total = pool.report().counts.total();
    EXPECT_TRUE(server.wait_until(
        [&](const Ledger& ledger) { return ledger.counts("storm", Role::kApp).current == total; }, 2s))
        << server.snapshot().json();
    // libmongoc has no public way to its size: what it still gives shows it.
    std::vector<mongoc_client_t*> rest;
    while (mongoc_client_t* const client = topology.take()) rest.push_back(client);
    EXPECT_EQ(rest.size(), kPlaces - total);
    for (mongoc_client_t* const client : rest) topology.keep(client);
    figure("22",
           fmt::format("{} retired by 8 threads beside 32: failed {}, C={}, libmongoc holds {} + 1 spare",
                       retired.load(), failed.load(), total, kPlaces - rest.size()));
    EXPECT_TRUE(pool.close(1s, 1s));
    EXPECT_TRUE(topology.shut_down());
  }
}

TEST(DemandTest, AnUnprovedLibraryHasToRetireOneClientBeforeAnythingConnects) {
  static_assert(mongo::driver::is_retiring_proved(1, 23) && !mongo::driver::is_retiring_proved(2, 0));
  FakeMongod server;
  const auto connection = mongo::driver::read_connection_string(server.uri()).value();
  constexpr std::size_t kPlaces = 2;
  Topology topology(connection.uri.get(), "trial", kPlaces);
  {
    mongo::driver::ClientSet clients(topology, kPlaces, 1, true);
    std::promise<void> found;
    topology.add_listener([&](bool reachable, const std::string&) {
      if (reachable) found.set_value();
    });
    topology.start();
    ASSERT_EQ(found.get_future().wait_for(5s), std::future_status::ready);
    EXPECT_TRUE(clients.establish(0, 1));
    EXPECT_TRUE(clients.establish(1, 2));
    // One for the trial, once and not for each place.
    EXPECT_EQ(clients.sockets().opened, 3U);
    EXPECT_EQ(clients.sockets().closed, 1U);
    EXPECT_TRUE(server.wait_until(
        [](const Ledger& ledger) { return ledger.counts("trial", Role::kApp).current == 2; }, 2s))
        << server.snapshot().json();
    EXPECT_EQ(server.snapshot().counts("trial", Role::kApp).total_created, 3U);
    for (const mongo::Slot slot : {0U, 1U}) clients.close(slot, mongo::CloseReason::kPoolClosed);
    EXPECT_TRUE(topology.shut_down());
  }
}

}  // namespace
}  // namespace wellspring::testing
