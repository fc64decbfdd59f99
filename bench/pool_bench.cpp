// pool_bench URI: acquire and release beside libmongoc's own pool, in one run. URI names a server that
// answers; nothing is written to it.
//
//   uncontended   one thread, nanoseconds a pair; the best of several rounds
//   contended     64 threads on 10 connections, each held for 1 ms; pairs a second, and who overtook whom
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <semaphore>
#include <thread>
#include <vector>

#include "mongo/driver/library.hpp"
#include "mongo/driver/mongo_pool.hpp"
#include "mongo/driver/topology.hpp"
#include "mongo/driver/uri.hpp"

namespace {

using namespace wellspring;
using namespace wellspring::mongo;
using namespace wellspring::mongo::driver;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr int kRounds = 7;
constexpr int kPairs = 200'000;
constexpr int kThreads = 64;
constexpr std::size_t kConnections = 10;
constexpr milliseconds kHold{1};
constexpr milliseconds kContendedTime{4'000};

/// Connections that are always there: what the policy costs without the look at the socket.
class NoConnections final : public ConnectionFactory {
 public:
  Result<void> establish(Slot, std::uint64_t) override { return {}; }
  void close(Slot, CloseReason) override {}
  bool is_alive(Slot) override { return true; }
  bool ping(Slot) override { return true; }
  void interrupt(Slot, std::uint64_t) override {}
};

/// Nanoseconds a pair in the best round.
double best_of(const std::function<void()>& pair) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Steady::now();
    for (int i = 0; i < kPairs; ++i) pair();
    best = std::min(best, std::chrono::duration<double, std::nano>(Steady::now() - start).count() / kPairs);
  }
  return best;
}

/// Pairs a second of `use(thread)` on all threads.
double throughput(const std::function<void()>& use) {
  std::atomic<std::uint64_t> done = 0;
  const auto end = Steady::now() + kContendedTime;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        while (Steady::now() < end) {
          use();
          ++done;
        }
      });
    }
  }
  return static_cast<double>(done) / std::chrono::duration<double>(kContendedTime).count();
}

PoolOptions options(std::size_t size) {
  return {.name = "bench", .min_size = size, .max_size = size, .wait_limit = milliseconds{60'000}};
}

/// How many were granted after somebody who had asked later. One connection: with more, two threads that give
/// back at once could report their grants in either order.
int inversions(MongoPool& pool) {
  Mutex arriving;
  int asked = 0;
  std::atomic<int> last = -1, overtaken = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 20; ++turn) {
        std::binary_semaphore told{0};
        std::optional<ClientLease> held;
        {
          const MutexLock lock(arriving);
          const int number = asked++;
          pool.async_acquire({}, SteadyTime::max(), [&, number](Result<ClientLease> lease) {
            if (last.exchange(number) > number) ++overtaken;
            held.emplace(std::move(lease.value()));
            told.release();
          });
        }
        told.acquire();
        std::this_thread::sleep_for(kHold);
      }
    });
  }
  threads.clear();
  return overtaken;
}

struct OnServer {
  OnServer(const ConnectionString& connection, std::size_t size, const Clock& clock, Keeper& keeper)
      : topology(connection.uri.get(), "bench", size),
        pool(topology, options(size), {.clock = clock, .keeper = keeper, .on_overdue = {}}) {
    topology.start();
    pool.wait_warm(Steady::now() + std::chrono::seconds{10}).value();
  }
  ~OnServer() { pool.close(milliseconds{1'000}, milliseconds{1'000}) && topology.shut_down(); }
  void use(milliseconds hold) {
    const auto lease = pool.acquire();
    if (hold.count() > 0) std::this_thread::sleep_for(hold);
  }
  Topology topology;
  MongoPool pool;
};

/// libmongoc's own pool, with as many clients as it may make.
class Bare {
 public:
  Bare(const ConnectionString& connection, std::size_t size) {
    const UriHandle uri(mongoc_uri_copy(connection.uri.get()));
    mongoc_uri_set_option_as_int32(uri.get(), MONGOC_URI_MAXPOOLSIZE, static_cast<std::int32_t>(size));
    pool_ = mongoc_client_pool_new(uri.get());
  }
  ~Bare() { mongoc_client_pool_destroy(pool_); }
  void use(milliseconds hold) {
    mongoc_client_t* const client = mongoc_client_pool_pop(pool_);
    if (hold.count() > 0) std::this_thread::sleep_for(hold);
    mongoc_client_pool_push(pool_, client);
  }

 private:
  mongoc_client_pool_t* pool_;
};

double policy_alone(const Clock& clock, Keeper& keeper) {
  NoConnections factory;
  Pool pool(options(kConnections), {.factory = factory,
                                    .clock = clock,
                                    .keeper = &keeper,
                                    .spawn = [](const auto& work) { work(); },
                                    .on_overdue = {}});
  pool.ready();
  const double best = best_of([&] { static_cast<void>(pool.acquire()); });
  pool.close(milliseconds{1'000}, milliseconds{1'000});
  return best;
}

void report(const std::string& uri) {
  const SystemClock clock;
  Keeper keeper(clock);
  const ConnectionString connection = read_connection_string(uri).value();
  OnServer ours(connection, kConnections, clock, keeper);
  Bare bare(connection, kConnections);
  const milliseconds at_once{0};
  const double bare_ns = best_of([&] { bare.use(at_once); });
  const double ours_ns = best_of([&] { ours.use(at_once); });
  const double policy_ns = policy_alone(clock, keeper);
  fmt::print("uncontended: bare {:.0f} ns, ours {:.0f} ns, ours without the look {:.0f} ns ({:.2f} x bare)\n",
             bare_ns, ours_ns, policy_ns, policy_ns / bare_ns);
  const double bare_rate = throughput([&] { bare.use(kHold); });
  const double our_rate = throughput([&] { ours.use(kHold); });
  fmt::print("contended, {} threads on {} for {} ms each: bare {:.0f}/s, ours {:.0f}/s ({:.3f} x)\n",
             kThreads, kConnections, kHold.count(), bare_rate, our_rate, our_rate / bare_rate);
  OnServer one(connection, 1, clock, keeper);
  fmt::print("inversions, {} threads on 1 connection, 20 turns each: {}\n", kThreads, inversions(one.pool));
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: pool_bench URI\n", stderr);
    return 2;
  }
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  const Library library(log);
  try {
    report(words[1]);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "pool_bench: {}\n", failure.what());
    return 1;
  }
}
