#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "mongo/pools_report.hpp"
#include "obs/log.hpp"

namespace wellspring::mongo::driver {

struct ConnectionString;
class MongoPool;

/// How the pools share what is known of the servers.
enum class Layout {
  kSplit,   ///< each its own monitors and application name, wellspring:vector, :app and :sources
  kShared,  ///< lanes over one set of monitors, with one application name, wellspring
};

struct PoolsOptions {
  Layout layout = Layout::kSplit;
  PoolOptions vector{.name = "vector", .min_size = 10, .max_size = 50};
  PoolOptions app{.name = "app", .min_size = 5, .max_size = 50};
  PoolOptions sources{.name = "sources", .min_size = 10, .max_size = 50};
};

/// Throws Failure, kInvalidArgument, for sizes that contradict each other.
void check(const PoolsOptions& options);

/// The three pools of the process, made once by the composition root: nothing else makes one. Thread-safe.
class Pools {
 public:
  /// Makes all pools and begins to connect; waits for nothing. Throws Failure (kInvalidArgument) for options
  /// that contradict each other and a connection string libmongoc cannot use. `clock` and `log` must outlive
  /// this.
  Pools(const ConnectionString& connection, const PoolsOptions& options, const Clock& clock, obs::Log& log);
  /// Closes, if nobody did. Leases that are still out keep their pools alive for the rest of the process.
  ~Pools();
  Pools(const Pools&) = delete;
  Pools& operator=(const Pools&) = delete;

  MongoPool& vector();
  MongoPool& app();
  MongoPool& sources();
  /// The pool of that name. kConflict when it was made with other options, kNotFound for another name.
  Result<MongoPool*> get(const PoolOptions& options);

  /// Blocks until every pool has its minimum open, each connection proved by a ping. kUnavailable with which
  /// pool lacks what and why, at `until` or on close().
  Result<void> wait_warm(SteadyTime until);

  /// Every pool has a server to write to, and connecting does not fail.
  bool reachable() const;
  /// Why not, in one sentence without secrets that says what to do; empty while reachable.
  std::string why_lost() const;
  /// Takes no lease and waits for nothing.
  PoolsReport report() const;

  /// Admits nobody any more and fails who waits; waits for what is out until `drain`, then with sockets cut
  /// until `cut`; ends sessions, sockets and monitors, for which a server that does not answer gets a second.
  /// True when nothing is left. False when a lease did not come home, its holder logged, or the server did
  /// not let go: nothing is freed that is in use then, and the process should end without more ado. A second
  /// call gives the first one's answer.
  bool close(std::chrono::milliseconds drain, std::chrono::milliseconds cut);

 private:
  struct Registry;
  std::unique_ptr<Registry> registry_;
};

}  // namespace wellspring::mongo::driver
