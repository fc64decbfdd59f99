#include "app/store_check.hpp"

#include "app/mongo_storage.hpp"
#include "mongo/driver/library.hpp"
#include "mongo/driver/mongo_pool.hpp"
#include "mongo/driver/server_status.hpp"
#include "mongo/driver/uri.hpp"
#include "store/mongo/mongo_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace wellspring::app {
namespace {

namespace driver = mongo::driver;
using std::chrono::milliseconds;

constexpr milliseconds kConnectLimit{5'000};
constexpr milliseconds kCloseLimit{1'000};

Result<StoreContent> content_of(store::ArticleStore& articles, store::JobJournal& journal) {
  const auto counts = articles.counts();
  if (counts.has_error()) return counts.error();
  auto jobs = journal.counts();
  if (jobs.has_error()) return jobs.error();
  return StoreContent{*counts, std::move(*jobs)};
}

/// One connection each is enough to look.
driver::PoolsOptions smallest(driver::PoolsOptions options) {
  for (mongo::PoolOptions* pool : {&options.vector, &options.app, &options.sources}) pool->min_size = 1;
  return options;
}

std::size_t monitors(const mongo::PoolsReport& report) {
  std::size_t sockets = 0;
  for (const auto& topology : report.topologies) sockets += topology.monitor_sockets_expected;
  return sockets;
}

Result<MongoCheck> look(const config::Settings& settings, driver::Pools& pools, MongoCheck check,
                        const Clock& clock, obs::Log& log) {
  const SteadyTime until = clock.steady() + kConnectLimit;
  if (auto warm = pools.wait_warm(until); !warm) return warm.error();
  const auto status = driver::read_server_status(pools.app(), until);
  if (status.has_error()) return status.error();
  const auto store =
      store::mongo::make_mongo_store({pools.vector(), pools.app(), pools.sources()},
                                     mongo_store_options(settings, check.database), clock, log);
  auto content = content_of(store->articles(), store->journal());
  if (content.has_error()) return content.error();
  check.content = std::move(*content);
  check.version = status->version;
  const mongo::PoolsReport report = pools.report();
  check.budget_min += monitors(report);
  check.budget_max += monitors(report);
  if (status->connections) {
    check.limit = status->connections->current + status->connections->available;
    std::int64_t ours = static_cast<std::int64_t>(monitors(report));
    for (const auto& one : report.pools) ours += static_cast<std::int64_t>(one.pool.counts.total());
    check.in_use = std::max<std::int64_t>(0, status->connections->current - ours);
  }
  return check;
}

}  // namespace

Result<StoreContent> check_local_store(const config::Settings& settings) {
  const auto opened = store::sqlite::open_sqlite_store(settings.data_dir);
  if (opened.has_error()) return opened.error();
  return content_of((*opened)->articles(), (*opened)->journal());
}

Result<MongoCheck> check_mongo(const config::Settings& settings, const Clock& clock, obs::Log& log) {
  const auto connection = driver::read_connection_string(settings.mongo_uri);
  if (connection.has_error()) return connection.error();
  const driver::PoolsOptions options = pools_options(settings);
  MongoCheck check;
  check.hosts = connection->hosts;
  check.database = mongo_database(settings, connection->database);
  check.set_aside = connection->set_aside;
  for (const mongo::PoolOptions* pool : {&options.vector, &options.app, &options.sources}) {
    check.budget_min += pool->min_size;
    check.budget_max += pool->max_size;
  }
  const driver::Library library(log);
  try {
    // Contradictions are to be found in what is configured, not in the little that looking needs.
    driver::check(options);
    driver::Pools pools(*connection, smallest(options), clock, log);
    auto seen = look(settings, pools, std::move(check), clock, log);
    pools.close(kCloseLimit, kCloseLimit);
    return seen;
  } catch (const Failure& failure) {
    return failure.error();
  }
}

}  // namespace wellspring::app
