#include "app/migration.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "app/mongo_storage.hpp"
#include "mongo/driver/library.hpp"
#include "mongo/driver/uri.hpp"
#include "store/data_dir.hpp"

namespace wellspring::app {
namespace {

namespace driver = mongo::driver;

constexpr std::chrono::milliseconds kConnectLimit{5'000};
constexpr std::chrono::milliseconds kCloseLimit{1'000};

bool is_uri(const std::string& place) {
  return place.starts_with("mongodb://") || place.starts_with("mongodb+srv://");
}

/// One end of a migration, open.
class Place {
 public:
  virtual ~Place() = default;
  virtual store::WholeStore whole() = 0;
};

template <class Store>
store::WholeStore whole_of(Store& store) {
  return {store.articles(), store.journal(), store.sources(), store.questions(), store.transfer()};
}

class DirectoryPlace final : public Place {
 public:
  DirectoryPlace(store::DataDirLock lock, std::unique_ptr<store::sqlite::SqliteStore> store)
      : lock_(std::move(lock)), store_(std::move(store)) {}
  store::WholeStore whole() override { return whole_of(*store_); }

 private:
  store::DataDirLock lock_;
  std::unique_ptr<store::sqlite::SqliteStore> store_;
};

class DatabasePlace final : public Place {
 public:
  DatabasePlace(const driver::ConnectionString& connection, const driver::PoolsOptions& pools,
                store::mongo::MongoStoreOptions store, const Clock& clock, obs::Log& log)
      : pools_(connection, pools, clock, log),
        store_(store::mongo::make_mongo_store({pools_.vector(), pools_.app(), pools_.sources()},
                                              std::move(store), clock, log)) {}
  ~DatabasePlace() override { pools_.close(kCloseLimit, kCloseLimit); }
  Result<void> prepare(SteadyTime until) {
    if (auto warm = pools_.wait_warm(until); !warm) return warm.error();
    auto prepared = store_->prepare();
    return prepared ? Result<void>{} : prepared.error();
  }
  store::WholeStore whole() override { return whole_of(*store_); }

 private:
  driver::Pools pools_;
  std::unique_ptr<store::mongo::MongoStore> store_;
};

enum class End { kFrom, kTo };

Result<std::unique_ptr<Place>> open_directory(const std::string& place, End end) {
  if (end == End::kFrom && !std::filesystem::exists(std::filesystem::path(place) / "wellspring.db")) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("migrate: '{}' holds no wellspring.db; name a data directory or a connection "
                            "string",
                            place),
                place);
  }
  auto lock = store::DataDirLock::acquire(place);
  if (!lock) return lock.error();
  auto opened = store::sqlite::open_sqlite_store(place);
  if (!opened) return opened.error();
  const auto waiting = (*opened)->spool().waiting();
  if (!waiting) return waiting.error();
  if (end == End::kFrom && waiting->jobs > 0) {
    return fail(ErrorKind::kConflict,
                fmt::format("migrate: {} jobs in '{}' wait to be moved to MongoDB; start the server with "
                            "its --mongo-uri until they are",
                            waiting->jobs, place),
                place);
  }
  return std::unique_ptr<Place>(std::make_unique<DirectoryPlace>(std::move(*lock), std::move(*opened)));
}

/// One connection each will do.
driver::PoolsOptions smallest(driver::PoolsOptions options) {
  for (mongo::PoolOptions* pool : {&options.vector, &options.app, &options.sources}) pool->min_size = 1;
  return options;
}

Result<std::unique_ptr<Place>> open_database(const config::Settings& settings, const std::string& uri,
                                             const Clock& clock, obs::Log& log) {
  const auto connection = driver::read_connection_string(uri);
  if (!connection) return connection.error();
  try {
    auto place = std::make_unique<DatabasePlace>(
        *connection, smallest(pools_options(settings)),
        mongo_store_options(settings, mongo_database(settings, connection->database)), clock, log);
    if (auto ready = place->prepare(clock.steady() + kConnectLimit); !ready) return ready.error();
    return std::unique_ptr<Place>(std::move(place));
  } catch (const Failure& failure) {
    return failure.error();
  }
}

}  // namespace

Result<store::MigrationReport> migrate(const config::Settings& settings, const std::string& from,
                                       const std::string& to, const store::MigrationProgress& progress,
                                       const Clock& clock, obs::Log& log) {
  if (from == to) return fail(ErrorKind::kInvalidArgument, "migrate: --from and --to are the same place");
  std::optional<driver::Library> library;
  if (is_uri(from) || is_uri(to)) library.emplace(log);
  const auto open = [&](const std::string& place, End end) {
    return is_uri(place) ? open_database(settings, place, clock, log) : open_directory(place, end);
  };
  const auto source = open(from, End::kFrom);
  if (!source) return source.error();
  const auto target = open(to, End::kTo);
  if (!target) return target.error();
  return store::migrate((*source)->whole(), (*target)->whole(), progress);
}

}  // namespace wellspring::app
