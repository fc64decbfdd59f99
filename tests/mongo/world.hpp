#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "fake_mongod/fake_mongod.hpp"
#include "mongo/driver/mongo_pool.hpp"
#include "mongo/driver/pools.hpp"
#include "mongo/driver/uri.hpp"
#include "mongo/driver/with_client.hpp"
#include "obs/log.hpp"

namespace wellspring::testing {

using mongo::LeaseTag;
using mongo::driver::Layout;
using mongo::driver::MongoPool;
using mongo::driver::Pools;
using mongo::driver::PoolsOptions;
using namespace std::chrono_literals;

/// Runs under a sanitizer or, with WELLSPRING_SLOW set, under valgrind.
bool is_slowed();
/// Less work where that slows it down: the promise is the same.
int scaled(int count);

inline SteadyTime in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}
inline std::chrono::milliseconds since(SteadyTime start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

/// A time of a scenario: a fraction of it, or with WELLSPRING_FULL_LENGTH set all of it.
std::chrono::milliseconds shortened(std::chrono::milliseconds full, int ratio);
/// "1:10", or "full length".
std::string ratio_text(int ratio);

/// One line with what a scenario measured.
void figure(const std::string& scenario, const std::string& text);

/// Pools of the given options on a server, warm or not.
std::unique_ptr<Pools> open_pools(const std::string& uri, const PoolsOptions& options, const Clock& clock,
                                  obs::Log& log);

/// A ping, or a find of one document in "scenarios.things" by `_id`; what went wrong, or nothing.
std::optional<Error> ping(MongoPool& pool, SteadyTime deadline = in(10s));
std::optional<Error> find_one(MongoPool& pool, int id = 1, SteadyTime deadline = in(10s));
std::optional<Error> insert_one(MongoPool& pool, int id, SteadyTime deadline = in(10s));
/// The `_id` of the document found, or -1.
Result<int> find_id(MongoPool& pool, int id, SteadyTime deadline = in(10s));

/// Runs `body(thread)` on so many threads and joins them.
void on_threads(int threads, const std::function<void(int)>& body);

/// The three pools against a fake server, closed in the end unless the test did.
class World {
 public:
  explicit World(PoolsOptions options = {}, const std::string& parameters = {},
                 const FakeMongodOptions& server_options = {});
  ~World();

  FakeMongod server;
  SystemClock clock;
  obs::Log log{obs::LogLevel::kWarning, obs::LogFormat::kText};
  std::unique_ptr<Pools> pools;

  /// Waits for the minimum, for the monitors and for every role to be decided.
  ::testing::AssertionResult warm(std::chrono::milliseconds limit = 10s);
  std::vector<MongoPool*> all() { return {&pools->vector(), &pools->app(), &pools->sources()}; }

  /// By name of a pool where the layout tells them apart.
  std::string app_name(const std::string& pool) const;
  Counts app(const std::string& pool = {}) const;
  std::size_t current() const { return app().current; }
  std::size_t created() const { return app().total_created; }
  std::size_t monitors() const;
  std::size_t monitors_created() const;
  /// What must hold of every report.
  void expect_invariants() const;
  /// Waits until so many application connections are open.
  bool wait_current(std::size_t count, std::chrono::milliseconds limit, const std::string& pool = {}) const;
  /// Watches for that long; whether no application connection was opened or closed.
  bool stays_quiet(std::chrono::milliseconds time) const;
  std::uint64_t cleared() const;
  mongo::PoolReport report(const std::string& pool) const;
  std::uint64_t closed_for(const std::string& pool, mongo::CloseReason reason) const;
  std::size_t handshakes_peak(const std::string& pool, SteadyTime since) const;

 private:
  const Layout layout_;
};

Counts app_counts(const Ledger& ledger, const std::string& app_name);

/// Takes so many leases of a pool, which makes it grow to that.
std::vector<mongo::driver::ClientLease> take(MongoPool& pool, std::size_t count);

}  // namespace wellspring::testing
