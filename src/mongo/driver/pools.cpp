#include "mongo/driver/pools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "mongo/driver/mongo_pool.hpp"
#include "mongo/driver/topology.hpp"
#include "mongo/driver/uri.hpp"

namespace wellspring::mongo::driver {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kLogger = "mongo.pools";
constexpr const char* kProduct = "wellspring";
constexpr std::size_t kPools = 3;
// A server that does not answer holds the end of the sessions up for as long as connecting may take. With
// what else an end takes this stays within a second; the goodbye and a monitor's half second fit into it.
constexpr milliseconds kShutDownLimit{900};
constexpr milliseconds kGoodbyeLimit{350};
// For who lets the pools die without closing them.
constexpr milliseconds kDrainOfTheForgetful{500};
constexpr milliseconds kCutOfTheForgetful{500};
// By then libmongoc has given up on connecting.
constexpr milliseconds kConnectLimit{6'000};

void check_one(const PoolOptions& options) {
  const auto refuse = [&](const std::string& what) {
    throw Failure(fail(ErrorKind::kInvalidArgument,
                       fmt::format("mongo pool '{}': {}; see mongo.{}_min and mongo.{}_max", options.name,
                                   what, options.name, options.name),
                       options.name));
  };
  if (options.max_size == 0) refuse("its maximum is 0; at least 1 connection is needed");
  if (options.min_size > options.max_size)
    refuse(fmt::format("its minimum of {} is above its maximum of {}; raise the maximum or lower the minimum",
                       options.min_size, options.max_size));
  if (options.connecting_max == 0) refuse("no handshake at a time would never connect; allow at least 1");
}

std::string holder_text(const PoolState::Holder& holder, SteadyTime now) {
  return fmt::format("{}:{}, held for {:.1f} s{}{}", holder.tag.site.file_name(), holder.tag.site.line(),
                     std::chrono::duration<double>(now - holder.since).count(),
                     holder.tag.request.empty() ? "" : ", request ", holder.tag.request);
}

/// Runs pieces of work at once and waits for all of them, or until a moment.
class Together {
 public:
  explicit Together(std::size_t pieces) : left_(pieces), crew_(pieces) {}
  void run(std::function<bool()> piece) {
    crew_.post([this, piece = std::move(piece)] {
      const bool good = piece();
      const MutexLock lock(mutex_);
      all_good_ = all_good_ && good;
      --left_;
      changed_.notify_all();
    });
  }
  /// Whether all of them ended well; nothing when not all have ended.
  std::optional<bool> wait_until(SteadyTime until) {
    const MutexLock lock(mutex_);
    while (left_ > 0) {
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= until) return std::nullopt;
      changed_.wait_for(mutex_, std::min<SteadyTime::duration>(until - now, std::chrono::hours{1}));
    }
    return all_good_;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::size_t left_ WELLSPRING_GUARDED_BY(mutex_);
  bool all_good_ WELLSPRING_GUARDED_BY(mutex_) = true;
  runtime::Crew crew_;  // last: joins while the rest is there
};

}  // namespace

void check(const PoolsOptions& options) {
  for (const PoolOptions* const one : {&options.vector, &options.app, &options.sources}) check_one(*one);
}

struct Pools::Registry {
  Registry(const ConnectionString& connection, const PoolsOptions& options, const Clock& of_clock,
           obs::Log& to_log);
  void note_overdue(const std::string& pool, const Actions::Overdue& lease) const;
  bool close(milliseconds drain, milliseconds cut);
  bool close_pools(milliseconds drain, milliseconds cut);
  bool shut_down();
  bool has_holders() const;
  void log_holders() const;

  const Clock& clock;
  obs::Log& log;
  Keeper keeper{clock};
  std::vector<std::unique_ptr<Topology>> topologies;
  std::array<std::unique_ptr<MongoPool>, kPools> pools;
  std::unique_ptr<Together> ending;  ///< of the topologies; before them in the order of destruction
  Mutex close_mutex;
  std::optional<bool> closed WELLSPRING_GUARDED_BY(close_mutex);
};

Pools::Registry::Registry(const ConnectionString& connection, const PoolsOptions& options,
                          const Clock& of_clock, obs::Log& to_log)
    : clock(of_clock), log(to_log) {
  const std::array<const PoolOptions*, kPools> all{&options.vector, &options.app, &options.sources};
  check(options);
  const auto make_topology = [&](const std::string& app_name, std::size_t clients_max) -> Topology& {
    topologies.push_back(std::make_unique<Topology>(connection.uri.get(), app_name, clients_max));
    return *topologies.back();
  };
  const auto make_pool = [&](std::size_t at, Topology& topology) {
    const std::string& name = all[at]->name;
    pools[at] = std::make_unique<MongoPool>(
        topology, *all[at],
        MongoPool::Parts{.clock = clock, .keeper = keeper, .on_overdue = [this, name](const auto& lease) {
                           note_overdue(name, lease);
                         }});
  };
  if (options.layout == Layout::kShared) {
    Topology& shared =
        make_topology(kProduct, options.vector.max_size + options.app.max_size + options.sources.max_size);
    for (std::size_t at = 0; at < kPools; ++at) make_pool(at, shared);
  } else {
    for (std::size_t at = 0; at < kPools; ++at)
      make_pool(at, make_topology(fmt::format("{}:{}", kProduct, all[at]->name), all[at]->max_size));
  }
  for (const std::string& option : connection.set_aside) {
    log.warning(kLogger, "an option of mongo.uri is not used: sizes and waits are the pools' own",
                {{"option", option}});
  }
  for (const auto& topology : topologies) topology->start();
}

void Pools::Registry::note_overdue(const std::string& pool, const Actions::Overdue& lease) const {
  log.warning(kLogger,
              lease.returned ? "a connection came back that was held for too long"
                             : "a connection is held for too long",
              {{"pool", pool},
               {"site", fmt::format("{}:{}", lease.tag.site.file_name(), lease.tag.site.line())},
               {"held_ms", std::to_string(lease.held.count())},
               {"request", lease.tag.request},
               {"thread", std::to_string(lease.tag.thread)}});
}

bool Pools::Registry::has_holders() const {
  return std::any_of(pools.begin(), pools.end(),
                     [](const auto& pool) { return !pool->report().holders.empty(); });
}

void Pools::Registry::log_holders() const {
  for (const auto& pool : pools) {
    const PoolReport report = pool->report();
    if (report.holders.empty() && report.counts.total() > 0) {
      log.error(kLogger, "connections are still being opened; their pool stays open until the process ends",
                {{"pool", pool->name()}, {"connections", std::to_string(report.counts.total())}});
    }
    for (const PoolState::Holder& holder : report.holders) {
      log.error(kLogger, "a connection did not come home; its pool stays open until the process ends",
                {{"pool", pool->name()}, {"holder", holder_text(holder, clock.steady())}});
    }
  }
}

bool Pools::Registry::close_pools(milliseconds drain, milliseconds cut) {
  Together closing(kPools);
  for (const auto& pool : pools) closing.run([&] { return pool->close(drain, cut); });
  return closing.wait_until(SteadyTime::max()).value_or(false);
}

bool Pools::Registry::shut_down() {
  ending = std::make_unique<Together>(topologies.size());
  for (const auto& topology : topologies)
    ending->run([&topology = *topology] { return topology.shut_down(); });
  const auto ended = ending->wait_until(std::chrono::steady_clock::now() + kShutDownLimit);
  if (!ended) log.error(kLogger, "the server does not answer while the connections to it are closed");
  return ended.value_or(false);
}

bool Pools::Registry::close(milliseconds drain, milliseconds cut) {
  const MutexLock lock(close_mutex);
  if (closed) return *closed;
  const bool all_home = close_pools(drain, cut);
  if (all_home) {
    for (const auto& pool : pools) pool->finish_by(std::chrono::steady_clock::now() + kGoodbyeLimit);
  } else {
    log_holders();
  }
  closed = all_home && shut_down();
  return *closed;
}

Pools::Pools(const ConnectionString& connection, const PoolsOptions& options, const Clock& clock,
             obs::Log& log)
    : registry_(std::make_unique<Registry>(connection, options, clock, log)) {}

Pools::~Pools() {
  if (registry_->close(kDrainOfTheForgetful, kCutOfTheForgetful)) return;
  // What came home only after close() may go now; what is out keeps everything it points to.
  if (registry_->close_pools(milliseconds{0}, registry_->has_holders() ? milliseconds{0} : kConnectLimit)) {
    if (!registry_->ending) registry_->shut_down();
    return;
  }
  static_cast<void>(registry_.release());
}

MongoPool& Pools::vector() {
  return *registry_->pools[0];
}
MongoPool& Pools::app() {
  return *registry_->pools[1];
}
MongoPool& Pools::sources() {
  return *registry_->pools[2];
}

Result<MongoPool*> Pools::get(const PoolOptions& options) {
  for (const auto& pool : registry_->pools) {
    if (pool->name() != options.name) continue;
    if (pool->report().options == options) return pool.get();
    return fail(
        ErrorKind::kConflict,
        fmt::format("mongo pool '{}' exists with other options; a pool is made once, at start", options.name),
        options.name);
  }
  return fail(ErrorKind::kNotFound,
              fmt::format("there is no mongo pool '{}'; there are vector, app and sources", options.name),
              options.name);
}

Result<void> Pools::wait_warm(SteadyTime until) {
  for (const auto& pool : registry_->pools) {
    if (auto warm = pool->wait_warm(until); !warm) return warm;
  }
  return {};
}

std::string Pools::why_lost() const {
  std::string why;
  for (const auto& pool : registry_->pools) {
    auto refusal = pool->refusal();
    if (!refusal) continue;
    if (refusal->of_credentials) return std::move(refusal->why);
    why = std::move(refusal->why);
  }
  for (const auto& topology : registry_->topologies) {
    if (std::string unreachable = topology->why_lost(); !unreachable.empty()) return unreachable;
  }
  return why;
}

bool Pools::reachable() const {
  const auto refused = [](const auto& pool) { return pool->refusal().has_value(); };
  return std::ranges::none_of(registry_->pools, refused) &&
         std::ranges::all_of(registry_->topologies, &Topology::reachable,
                             [](const auto& one) -> const Topology& { return *one; });
}

PoolsReport Pools::report() const {
  PoolsReport report;
  for (const auto& pool : registry_->pools) report.pools.push_back({pool->report(), pool->sockets()});
  for (const auto& topology : registry_->topologies) report.topologies.push_back(topology->report());
  return report;
}

bool Pools::close(milliseconds drain, milliseconds cut) {
  return registry_->close(drain, cut);
}

}  // namespace wellspring::mongo::driver
