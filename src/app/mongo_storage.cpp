#include "app/mongo_storage.hpp"

#include <fmt/format.h>

#include "app/pool_metrics.hpp"
#include "mongo/driver/library.hpp"
#include "mongo/driver/mongo_pool.hpp"
#include "mongo/driver/pool_lane.hpp"
#include "mongo/driver/uri.hpp"
#include "store/spooling_journal.hpp"

namespace wellspring::app {
namespace {

namespace driver = mongo::driver;
using std::chrono::milliseconds;

constexpr std::string_view kLogger = "mongo";
constexpr std::string_view kDefaultDatabase = "wellspring";
// How long one attempt to fill the pools may take before it is told why they are not.
constexpr milliseconds kWarmUpLimit{5'000};
// After this much of cutting, what has not come home never will.
constexpr milliseconds kCutLimit{1'000};
constexpr milliseconds kAdoptionReportEvery{2'000};

class MongoStorage final : public Storage {
 public:
  MongoStorage(const config::Settings& settings, driver::ConnectionString connection,
               std::unique_ptr<store::sqlite::SqliteStore> local, const StorageParts& parts)
      : clock_(parts.clock),
        log_(parts.log),
        drain_(settings.mongo_drain),
        library_(parts.log),
        pools_(connection, pools_options(settings), parts.clock, parts.log),
        local_(std::move(local)),
        store_(store::mongo::make_mongo_store(
            {pools_.vector(), pools_.app(), pools_.sources()},
            mongo_store_options(settings, mongo_database(settings, connection.database)), parts.clock,
            parts.log)),
        journal_(
            store_->journal(), local_->spool(), [this] { return !pools_.reachable(); },
            settings.mongo_spool_jobs_max),
        sources_lane_(pools_.sources(), parts.clock, settings.mongo_wait_limit),
        questions_lane_(pools_.app(), parts.clock, settings.mongo_wait_limit) {
    log_.info(kLogger, "Shared MongoDB client created",
              {{"hosts", connection.hosts}, {"database", mongo_database(settings, connection.database)}});
    for (const auto& one : pools_.report().pools) {
      log_.info(kLogger, "using shared connection pool",
                {{"pool", one.pool.options.name},
                 {"min", std::to_string(one.pool.options.min_size)},
                 {"max", std::to_string(one.pool.options.max_size)}});
    }
    parts.metrics.before_render([this, &metrics = parts.metrics] {
      publish_pool_metrics(pools_.report(), metrics);
      metrics.set("wellspring_spooled_jobs", {}, static_cast<double>(journal_.spooled()));
    });
  }
  ~MongoStorage() override { MongoStorage::close(drain_); }

  /// Errors: those of reading what an earlier run left to be moved.
  Result<void> open() { return journal_.open(); }

  store::ArticleStore& articles() override { return store_->articles(); }
  store::JobJournal& journal() override { return journal_; }
  store::SourceStore& sources() override { return store_->sources(); }
  store::QuestionStore& questions() override { return store_->questions(); }
  runtime::Lane& sources_lane() override { return sources_lane_; }
  runtime::Lane& questions_lane() override { return questions_lane_; }

  Result<void> prepare() override {
    if (auto warm = pools_.wait_warm(clock_.steady() + kWarmUpLimit); !warm) return warm.error();
    log_.info(kLogger, "pools are warm", {{"connections", std::to_string(open_connections())}});
    const auto adopted = store_->prepare([this](std::size_t done, std::size_t total) { tell(done, total); });
    if (!adopted) return adopted.error();
    if (adopted->articles > 0) {
      log_.info(kLogger, "took over the rows that were there",
                {{"articles", std::to_string(adopted->articles)},
                 {"chunks", std::to_string(adopted->chunks)},
                 {"rows_not_served", std::to_string(adopted->skipped)}});
    }
    return {};
  }

  bool is_local() const override { return false; }
  store::MissingVectors* missing_vectors() override { return &store_->missing_vectors(); }
  std::string trouble() const override { return pools_.why_lost(); }
  mongo::PoolsReport pools() const override { return pools_.report(); }

  bool close(milliseconds drain) override {
    const MutexLock lock(close_mutex_);
    if (closed_) return *closed_;
    closed_ = pools_.close(drain, kCutLimit);
    if (*closed_) {
      log_.info(kLogger, "MongoDB pools are closed", {{"connections", std::to_string(open_sockets())}});
    } else {
      log_.error(kLogger, "MongoDB pools could not be closed in time; the process ends without them",
                 {{"drain_ms", std::to_string(drain_.count())}});
    }
    return *closed_;
  }

 private:
  std::size_t open_connections() const {
    std::size_t open = 0;
    for (const auto& one : pools_.report().pools) open += one.pool.counts.total();
    return open;
  }
  std::uint64_t open_sockets() const {
    std::uint64_t open = 0;
    for (const auto& one : pools_.report().pools) open += one.sockets.opened - one.sockets.closed;
    return open;
  }
  void tell(std::size_t done, std::size_t total) {
    const SteadyTime now = clock_.steady();
    if (now < tell_after_) return;
    tell_after_ = now + kAdoptionReportEvery;
    log_.info(kLogger, "taking over the rows that are there",
              {{"articles", std::to_string(done)}, {"of", std::to_string(total)}});
  }

  const Clock& clock_;
  obs::Log& log_;
  const milliseconds drain_;
  const driver::Library library_;
  driver::Pools pools_;
  const std::unique_ptr<store::sqlite::SqliteStore> local_;
  const std::unique_ptr<store::mongo::MongoStore> store_;
  store::SpoolingJournal journal_;
  driver::PoolLane sources_lane_;
  driver::PoolLane questions_lane_;
  SteadyTime tell_after_{};
  Mutex close_mutex_;
  std::optional<bool> closed_ WELLSPRING_GUARDED_BY(close_mutex_);
};

}  // namespace

driver::PoolsOptions pools_options(const config::Settings& settings) {
  const auto pool = [&](const char* name, std::size_t min, std::size_t max) {
    mongo::PoolOptions options{.name = name, .min_size = min, .max_size = max};
    options.idle_limit = settings.mongo_idle_limit;
    options.wait_limit = settings.mongo_wait_limit;
    options.lost_limit = settings.mongo_wait_limit;
    options.overdue_after = settings.mongo_overdue_after;
    return options;
  };
  return {.layout = settings.mongo_layout == config::MongoLayout::kShared ? driver::Layout::kShared
                                                                          : driver::Layout::kSplit,
          .vector = pool("vector", settings.mongo_vector_min, settings.mongo_vector_max),
          .app = pool("app", settings.mongo_app_min, settings.mongo_app_max),
          .sources = pool("sources", settings.mongo_sources_min, settings.mongo_sources_max)};
}

std::string mongo_database(const config::Settings& settings, const std::string& in_path) {
  if (!settings.mongo_database.empty()) return settings.mongo_database;
  return in_path.empty() ? std::string(kDefaultDatabase) : in_path;
}

store::mongo::MongoStoreOptions mongo_store_options(const config::Settings& settings,
                                                    const std::string& database) {
  store::mongo::MongoStoreOptions options;
  options.database = database;
  options.names.chunks = settings.mongo_collection;
  options.names.questions = settings.mongo_questions_collection;
  return options;
}

Result<std::unique_ptr<Storage>> open_mongo_storage(const config::Settings& settings,
                                                    std::unique_ptr<store::sqlite::SqliteStore> local,
                                                    const StorageParts& parts) {
  auto connection = driver::read_connection_string(settings.mongo_uri);
  if (connection.has_error()) return connection.error();
  try {
    auto storage = std::make_unique<MongoStorage>(settings, std::move(*connection), std::move(local), parts);
    if (auto opened = storage->open(); opened.has_error()) return opened.error();
    return std::unique_ptr<Storage>(std::move(storage));
  } catch (const Failure& failure) {
    return failure.error();
  }
}

}  // namespace wellspring::app
