// Scenarios 10, 11 and 17, and the rest of the life cycle: servers that go, never come or do not answer,
// closes of every kind.
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "world.hpp"

namespace wellspring::testing {
namespace {

// One absolute deadline covers all of a request: the pool's wait and what follows.
constexpr std::chrono::milliseconds kBudget{5'200};

std::size_t threads_of_process() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return std::stoul(line.substr(8));
  }
  return 0;
}

/// Requests without pause on all pools, until stopped.
class Load {
 public:
  Load(World& world, int threads_per_pool) {
    int which = 0;
    for (MongoPool* const pool : world.all()) {
      for (int i = 0; i < threads_per_pool; ++i)
        threads_.emplace_back([this, pool, n = ++which] { run(*pool, n); });
    }
  }
  void stop() {
    stopping_ = true;
    threads_.clear();
  }
  std::atomic<int> done = 0, failed = 0;
  std::atomic<std::int64_t> longest_ms = 0;

 private:
  void run(MongoPool& pool, int id) {
    while (!stopping_) {
      const SteadyTime start = std::chrono::steady_clock::now();
      if (find_one(pool, id, start + kBudget)) ++failed;
      ++done;
      for (std::int64_t took = since(start).count(), seen = longest_ms;
           took > seen && !longest_ms.compare_exchange_weak(seen, took);) {
      }
    }
  }
  std::atomic<bool> stopping_ = false;
  std::vector<std::jthread> threads_;
};

std::size_t worst_handshakes(const World& world, SteadyTime from) {
  std::size_t worst = 0;
  for (const char* const pool : {"vector", "app", "sources"})
    worst = std::max(worst, world.handshakes_peak(pool, from));
  return worst;
}

TEST(OutageTest, Scenario10ServerRestart) {
  constexpr int kThreads = 4;
  World world;
  ASSERT_TRUE(world.warm());
  world.server.add_fault(delay_of("find", 5ms));
  const std::size_t monitors = world.monitors();
  Load load(world, kThreads);
  while (load.done < 200) std::this_thread::yield();
  const std::size_t before = world.created();
  const SteadyTime cut = std::chrono::steady_clock::now();
  world.server.refuse();
  world.server.kill({});
  EXPECT_FALSE(world.server.wait_until([](const Ledger& ledger) { return ledger.total().current > 0; }, 3s));
  world.server.accept();
  const SteadyTime accepted = std::chrono::steady_clock::now();
  const int done_before = load.done;
  EXPECT_TRUE(world.wait_current(25, 5s)) << world.server.snapshot().json();
  const auto back = since(accepted);
  while (load.done == done_before) std::this_thread::yield();
  const std::size_t after = world.created();
  while (load.done < done_before + 300) std::this_thread::yield();
  load.stop();
  EXPECT_EQ(world.created() - after, 0U) << "no request pays a handshake once the pools are back";
  EXPECT_EQ(load.failed, 0);
  EXPECT_LE(load.longest_ms, kBudget.count());
  EXPECT_LE(worst_handshakes(world, cut), 2U);
  EXPECT_LE(after - before, 25U + 3 * kThreads);
  // Those that watch are back. Those that measure round trips are not: see RoundTripMonitorsStayAway.
  EXPECT_TRUE(
      world.server.wait_until([](const Ledger& ledger) { return ledger.current(Role::kMonitor) == 3; }, 3s));
  EXPECT_LE(world.monitors(), monitors);
  figure(
      "10",
      fmt::format("{} requests: failed {}, longest {} ms; C=25 {} ms after the return, new {}, handshakes at "
                  "once {} per pool, monitors {}, RTT {}",
                  load.done.load(), load.failed.load(), load.longest_ms.load(), back.count(), after - before,
                  worst_handshakes(world, cut), world.server.snapshot().current(Role::kMonitor),
                  world.server.snapshot().current(Role::kRtt)));
}

std::size_t descriptors_of_process() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// What libmongoc 1.23.1 does (mongoc-server-monitor.c, _server_monitor_ping_server): a monitor that measures
/// round trips keeps the stream over which a hello failed, and asks over it for ever. If a newer library
/// connects again, this fails, and docs/mongo-pool.md is to be changed with it.
TEST(OutageTest, RoundTripMonitorsStayAwayAndNothingGrows) {
  World world;
  ASSERT_TRUE(world.warm());
  std::size_t descriptors = 0;
  for (int outage = 1; outage <= 3; ++outage) {
    world.server.kill({});
    EXPECT_TRUE(world.wait_current(25, 5s));
    EXPECT_TRUE(world.server.wait_until(
        [](const Ledger& ledger) {
          return ledger.total().current == 28 && ledger.current(Role::kMonitor) == 3;
        },
        3s))
        << world.server.snapshot().json();
    // Three heartbeats, in which they would have come back.
    EXPECT_FALSE(
        world.server.wait_until([](const Ledger& ledger) { return ledger.current(Role::kRtt) > 0; }, 3s));
    if (outage == 1) descriptors = descriptors_of_process();
    EXPECT_EQ(descriptors_of_process(), descriptors) << "the dead sockets are kept, not added to";
  }
  std::size_t expected = 0;
  for (const auto& topology : world.pools->report().topologies) expected += topology.monitor_sockets_expected;
  EXPECT_EQ(expected, 6U) << "at most: what a budget has to leave room for";
  figure("10, monitors",
         fmt::format("after 3 outages C={}, monitors {}, RTT {}, descriptors as after the first",
                     world.current(), world.server.snapshot().current(Role::kMonitor),
                     world.server.snapshot().current(Role::kRtt)));
}

TEST(OutageTest, Scenario11BlackHoleAtStart) {
  FakeMongod server;
  server.add_fault(black_hole());
  const SystemClock clock;
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  const std::size_t threads_before = threads_of_process();
  const auto pools = open_pools(server.uri("connectTimeoutMS=500"), {}, clock, log);
  const auto warm = pools->wait_warm(in(3s));
  ASSERT_FALSE(warm.has_value());
  EXPECT_NE(warm.error().message.find("no MongoDB server"), std::string::npos) << warm.error().message;
  EXPECT_FALSE(pools->reachable());
  const std::size_t attempts = server.snapshot().total().total_created;
  const std::size_t threads = threads_of_process() - threads_before;
  // Each of three monitors gives up after 0.5 s and tries again 0.5 s later.
  EXPECT_LE(attempts, 12U);
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 0U);
  EXPECT_LE(threads, 4U) << "three monitors and the keeper";
  const std::string why = pools->why_lost();
  server.clear_faults();
  const SteadyTime healed = std::chrono::steady_clock::now();
  EXPECT_TRUE(pools->wait_warm(in(5s)).has_value());
  const auto took = since(healed);
  EXPECT_TRUE(pools->reachable());
  EXPECT_EQ(pools->why_lost(), "");
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 25U);
  figure("11",
         fmt::format("{} attempts in 3 s by 3 monitors, {} threads; warm {} ms after it answered; why: {}",
                     attempts, threads, took.count(), why));
  EXPECT_TRUE(pools->close(1s, 1s));
}

/// The server swallows what it gets, over every connection, and then answers again.
TEST(OutageTest, BlackHoleWhileRunning) {
  World world({}, "connectTimeoutMS=500&serverSelectionTimeoutMS=1000");
  ASSERT_TRUE(world.warm());
  world.server.add_fault(black_hole());
  const SteadyTime start = std::chrono::steady_clock::now();
  std::atomic<int> failed = 0;
  std::atomic<std::int64_t> longest_ms = 0;
  on_threads(8, [&](int) {
    const SteadyTime asked = std::chrono::steady_clock::now();
    if (find_one(world.pools->vector(), 1, asked + 1s)) ++failed;
    longest_ms = std::max(longest_ms.load(), since(asked).count());
  });
  EXPECT_EQ(failed, 8);
  // libmongoc's own repeat takes no deadline: it may connect once more and then look for a server.
  EXPECT_LE(longest_ms, 1'000 + 500 + 1'000 + 100);
  EXPECT_FALSE(world.server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; },
                                       3s - since(start)));
  world.server.clear_faults();
  const SteadyTime healed = std::chrono::steady_clock::now();
  EXPECT_TRUE(world.pools->wait_warm(in(5s)).has_value());
  for (MongoPool* const pool : world.all()) EXPECT_FALSE(find_one(*pool));
  EXPECT_TRUE(world.wait_current(25, 3s));
  figure("black hole",
         fmt::format("8 finds with 1 s failed after at most {} ms; serves {} ms after it answers",
                     longest_ms.load(), since(healed).count()));
}

TEST(OutageTest, Scenario17StuckLease) {
  World world;
  ASSERT_TRUE(world.warm());
  std::optional<mongo::driver::ClientLease> stuck =
      world.pools->app().acquire(LeaseTag{.request = "r-17"}).value();
  ::testing::internal::CaptureStderr();
  const SteadyTime start = std::chrono::steady_clock::now();
  EXPECT_FALSE(world.pools->close(200ms, 100ms));
  const auto took = since(start);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_LE(took, 500ms);
  EXPECT_NE(log.find("outage_test.cpp:"), std::string::npos) << log;
  EXPECT_NE(log.find("r-17"), std::string::npos) << log;
  const SteadyTime again = std::chrono::steady_clock::now();
  EXPECT_FALSE(world.pools->close(1s, 1s)) << "the first answer stands";
  EXPECT_LE(since(again), 100ms);
  EXPECT_NE(stuck->client(), nullptr) << "what is out is not freed";
  EXPECT_FALSE(world.pools->vector().acquire().has_value());
  stuck.reset();
  world.pools.reset();
  EXPECT_TRUE(world.server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, 2s));
  figure("17", fmt::format(
                   "close gave up after {} ms (drain 200, cut 100) and named the holder; all closed once it "
                   "came home",
                   took.count()));
}

TEST(LifecycleTest, CloseLeavesNothing) {
  World world;
  ASSERT_TRUE(world.warm());
  on_threads(8,
             [&](int thread) { EXPECT_FALSE(find_one(*world.all()[static_cast<std::size_t>(thread) % 3])); });
  const SteadyTime start = std::chrono::steady_clock::now();
  EXPECT_TRUE(world.pools->close(1s, 1s));
  const auto took = since(start);
  EXPECT_TRUE(world.pools->close(1s, 1s)) << "twice";
  EXPECT_TRUE(world.server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, 1s));
  const Ledger ledger = world.server.snapshot();
  EXPECT_EQ(ledger.sessions_ended(), ledger.sessions_seen());
  EXPECT_EQ(ledger.resets(), 0U);
  for (const auto& one : world.pools->report().pools) {
    EXPECT_EQ(one.sockets.opened, one.sockets.closed);
    EXPECT_EQ(one.pool.counts.total(), 0U);
  }
  EXPECT_FALSE(world.pools->wait_warm(in(5s)).has_value());
  figure("close", fmt::format("{} ms, C=0, M=0, sessions ended {} of {}", took.count(),
                              ledger.sessions_ended(), ledger.sessions_seen()));
}

TEST(LifecycleTest, CloseWaitsForWhatIsUnderWayThenCutsIt) {
  World world;
  ASSERT_TRUE(world.warm());
  FaultRule slow = delay_of("find", 10s);
  world.server.add_fault(slow);
  std::atomic<int> failed = 0;
  std::vector<std::jthread> requests;
  for (int i = 0; i < 10; ++i) {
    requests.emplace_back([&] {
      if (find_one(world.pools->vector(), 1, in(20s))) ++failed;
    });
  }
  while (world.report("vector").counts.in_use < 10) std::this_thread::yield();
  const SteadyTime start = std::chrono::steady_clock::now();
  EXPECT_TRUE(world.pools->close(300ms, 1s));
  const auto took = since(start);
  requests.clear();
  EXPECT_EQ(failed, 10);
  EXPECT_GE(took, 300ms);
  EXPECT_LE(took, 1'300ms);
  EXPECT_TRUE(world.server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, 1s));
  figure("drain", fmt::format("10 finds of 10 s cut: closed after {} ms (drain 300)", took.count()));
}

TEST(LifecycleTest, CloseWhileUnreachable) {
  World world;
  ASSERT_TRUE(world.warm());
  world.server.refuse();
  world.server.kill({});
  EXPECT_TRUE(ping(world.pools->vector(), in(300ms)).has_value());
  const auto is_reachable = [](const auto& topology) { return topology.reachable; };
  while (std::ranges::any_of(world.pools->report().topologies, is_reachable)) std::this_thread::yield();
  const SteadyTime start = std::chrono::steady_clock::now();
  // Ending sessions looks for a server until serverSelectionTimeoutMS, so that the answer may be false.
  const auto pools = std::move(world.pools);
  pools->close(500ms, 500ms);
  EXPECT_LE(since(start), 2'200ms);
  figure("close, refused", fmt::format("{} ms", since(start).count()));
}

TEST(LifecycleTest, CloseWhileTheServerIsABlackHole) {
  World world({}, "connectTimeoutMS=1000");
  ASSERT_TRUE(world.warm());
  world.server.add_fault(black_hole());
  const SteadyTime start = std::chrono::steady_clock::now();
  const bool closed = world.pools->close(300ms, 200ms);
  const auto took = since(start);
  EXPECT_LE(took, 300ms + 1s + 100ms) << "drain limit and a second";
  world.pools.reset();
  figure("close, black hole", fmt::format("{} after {} ms", closed ? "closed" : "gave up", took.count()));
}

TEST(LifecycleTest, StartsUnreachableAndHeals) {
  for (const Layout layout : {Layout::kSplit, Layout::kShared}) {
    FakeMongod server;
    server.refuse();
    const SystemClock clock;
    obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
    PoolsOptions options;
    options.layout = layout;
    options.vector.lost_limit = 200ms;
    const auto pools = open_pools(server.uri(), options, clock, log);
    EXPECT_FALSE(pools->wait_warm(in(700ms)).has_value());
    EXPECT_NE(pools->why_lost().find("check that it runs"), std::string::npos) << pools->why_lost();
    const SteadyTime start = std::chrono::steady_clock::now();
    const auto refused = pools->vector().acquire();
    EXPECT_LE(since(start), 100ms) << "known to be lost: fails at once";
    EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable) << refused.error().message;
    server.accept();
    const SteadyTime accepted = std::chrono::steady_clock::now();
    EXPECT_TRUE(pools->wait_warm(in(5s)).has_value());
    figure("heal", fmt::format("warm {} ms after it accepts", since(accepted).count()));
    EXPECT_EQ(server.snapshot().total_created(Role::kApp), 25U);
    EXPECT_TRUE(pools->close(1s, 1s));
  }
}

TEST(LifecycleTest, AForkedChildGetsNoConnection) {
  World world;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto refused = world.pools->vector().acquire();
    ::_exit(refused.has_error() && refused.error().kind == ErrorKind::kUnsupported ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_FALSE(ping(world.pools->vector()));
}

TEST(LifecycleTest, OneNameOnePool) {
  World world;
  PoolsOptions options;
  EXPECT_EQ(world.pools->get(options.app).value(), &world.pools->app());
  options.app.max_size = 51;
  EXPECT_EQ(world.pools->get(options.app).error().kind, ErrorKind::kConflict);
  options.app.name = "another";
  EXPECT_EQ(world.pools->get(options.app).error().kind, ErrorKind::kNotFound);
}

TEST(LifecycleTest, BudgetsThatContradictThemselvesAreRefused) {
  FakeMongod server;
  const SystemClock clock;
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  for (const auto& change : std::vector<std::function<void(mongo::PoolOptions&)>>{
           [](auto& pool) { pool.max_size = 9; }, [](auto& pool) { pool.min_size = pool.max_size = 0; },
           [](auto& pool) { pool.connecting_max = 0; }}) {
    PoolsOptions options;
    change(options.vector);
    try {
      open_pools(server.uri(), options, clock, log);
      ADD_FAILURE() << "made";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().kind, ErrorKind::kInvalidArgument);
      EXPECT_NE(failure.error().message.find("'vector'"), std::string::npos) << failure.error().message;
    }
  }
  EXPECT_EQ(server.snapshot().total().total_created, 0U);
}

}  // namespace
}  // namespace wellspring::testing
