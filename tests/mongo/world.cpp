#include "world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <thread>

#include "mongo/driver/handles.hpp"
#include "mongo/driver/library.hpp"

namespace wellspring::testing {
namespace {

using namespace mongo;
using namespace mongo::driver;

constexpr const char* kDatabase = "scenarios";
constexpr const char* kCollection = "things";

class LibraryEnvironment : public ::testing::Environment {
 public:
  void SetUp() override { library_.emplace(log_); }
  void TearDown() override { library_.reset(); }

 private:
  obs::Log log_{obs::LogLevel::kError, obs::LogFormat::kText};
  std::optional<Library> library_;
};
[[maybe_unused]] const auto* const kLibrary = ::testing::AddGlobalTestEnvironment(new LibraryEnvironment);

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error());
}

bool is_app(const ConnectionRecord& record, const std::string& app_name) {
  return record.role == Role::kApp && (app_name.empty() || record.app_name == app_name);
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr int kSanitizedRatio = 10;
constexpr int kValgrindRatio = 50;

bool is_under_valgrind() {
  return std::getenv("WELLSPRING_SLOW") != nullptr;
}

}  // namespace

bool is_slowed() {
  return kSanitized || is_under_valgrind();
}

int scaled(int count) {
  return is_under_valgrind() ? count / kValgrindRatio : kSanitized ? count / kSanitizedRatio : count;
}

std::chrono::milliseconds shortened(std::chrono::milliseconds full, int ratio) {
  return std::getenv("WELLSPRING_FULL_LENGTH") != nullptr ? full : full / ratio;
}

std::string ratio_text(int ratio) {
  return std::getenv("WELLSPRING_FULL_LENGTH") != nullptr ? "full length" : fmt::format("1:{}", ratio);
}

void figure(const std::string& scenario, const std::string& text) {
  std::cout << fmt::format("scenario {}: {}", scenario, text) << std::endl;
}

std::unique_ptr<Pools> open_pools(const std::string& uri, const PoolsOptions& options, const Clock& clock,
                                  obs::Log& log) {
  return std::make_unique<Pools>(read_connection_string(uri).value(), options, clock, log);
}

std::optional<Error> ping(MongoPool& pool, SteadyTime deadline) {
  return error_of(with_client(pool, {.name = "ping", .deadline = deadline, .repeat = Repeat::kIdempotent},
                              [](mongoc_client_t* client, bson_error_t* error) {
                                const BsonHandle command(BCON_NEW("ping", BCON_INT32(1)));
                                return mongoc_client_command_simple(client, kDatabase, command.get(), nullptr,
                                                                    nullptr, error);
                              }));
}

Result<int> find_id(MongoPool& pool, int id, SteadyTime deadline) {
  return with_client(
      pool, {.name = "finding", .deadline = deadline, .repeat = Repeat::kIdempotent},
      [id](mongoc_client_t* client, bson_error_t* error) -> std::optional<int> {
        const CollectionHandle collection(mongoc_client_get_collection(client, kDatabase, kCollection));
        const BsonHandle filter(BCON_NEW("_id", BCON_INT32(id)));
        const BsonHandle options(BCON_NEW("limit", BCON_INT64(1)));
        const CursorHandle cursor(
            mongoc_collection_find_with_opts(collection.get(), filter.get(), options.get(), nullptr));
        const bson_t* document = nullptr;
        int found = -1;
        while (mongoc_cursor_next(cursor.get(), &document)) {
          bson_iter_t field;
          if (bson_iter_init_find(&field, document, "_id")) found = bson_iter_int32(&field);
        }
        if (mongoc_cursor_error(cursor.get(), error)) return std::nullopt;
        return found;
      });
}

std::optional<Error> find_one(MongoPool& pool, int id, SteadyTime deadline) {
  return error_of(find_id(pool, id, deadline));
}

std::optional<Error> insert_one(MongoPool& pool, int id, SteadyTime deadline) {
  return error_of(with_client(
      pool, {.name = "inserting", .deadline = deadline}, [id](mongoc_client_t* client, bson_error_t* error) {
        const CollectionHandle collection(mongoc_client_get_collection(client, kDatabase, kCollection));
        const BsonHandle document(BCON_NEW("_id", BCON_INT32(id), "value", BCON_INT32(id)));
        return mongoc_collection_insert_one(collection.get(), document.get(), nullptr, nullptr, error);
      }));
}

void on_threads(int threads, const std::function<void(int)>& body) {
  std::vector<std::jthread> all;
  for (int thread = 0; thread < threads; ++thread) all.emplace_back([&body, thread] { body(thread); });
}

std::vector<ClientLease> take(MongoPool& pool, std::size_t count) {
  std::vector<ClientLease> leases;
  for (std::size_t i = 0; i < count; ++i) leases.push_back(pool.acquire().value());
  return leases;
}

Counts app_counts(const Ledger& ledger, const std::string& app_name) {
  return app_name.empty() ? ledger.counts(Role::kApp) : ledger.counts(app_name, Role::kApp);
}

World::World(PoolsOptions options, const std::string& parameters, const FakeMongodOptions& server_options)
    : server(server_options),
      pools(open_pools(server.uri(parameters), options, clock, log)),
      layout_(options.layout) {}

World::~World() {
  if (pools) {
    expect_invariants();
    EXPECT_TRUE(pools->close(2s, 2s));
  }
}

void World::expect_invariants() const {
  const auto sum = [](const auto& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  };
  for (const auto& [pool, sockets] : pools->report().pools) {
    const PoolTotals& totals = pool.totals;
    EXPECT_LE(pool.counts.total(), pool.options.max_size);
    EXPECT_EQ(sum(totals.created) - sum(totals.closed), pool.counts.total()) << pool.options.name;
    EXPECT_EQ(sum(totals.acquired) + pool.counts.waiters, totals.acquires) << pool.options.name;
    EXPECT_EQ(sum(totals.acquire_wait.counts) + totals.acquires - sum(totals.acquired),
              totals.acquired[0] + totals.acquired[1] + totals.acquired[2] + pool.counts.waiters);
    EXPECT_EQ(sum(totals.lease_held.counts) + pool.counts.in_use, sum(totals.acquire_wait.counts));
    EXPECT_LE(sockets.closed, sockets.opened);
  }
}

::testing::AssertionResult World::warm(std::chrono::milliseconds limit) {
  if (is_under_valgrind()) limit *= kValgrindRatio;
  if (const auto warm = pools->wait_warm(in(limit)); !warm)
    return ::testing::AssertionFailure() << warm.error().message;
  const std::size_t expected = layout_ == Layout::kShared ? 1 : 3;
  const bool decided = server.wait_until(
      [expected](const Ledger& ledger) {
        return ledger.current(Role::kMonitor) == expected && ledger.current(Role::kRtt) == expected &&
               ledger.counts(Role::kUndecided).current == 0;
      },
      limit);
  if (!decided) return ::testing::AssertionFailure() << server.snapshot().json();
  return ::testing::AssertionSuccess();
}

std::string World::app_name(const std::string& pool) const {
  if (pool.empty()) return {};
  return layout_ == Layout::kShared ? "wellspring" : "wellspring:" + pool;
}

Counts World::app(const std::string& pool) const {
  return app_counts(server.snapshot(), app_name(pool));
}

std::size_t World::monitors() const {
  const Ledger ledger = server.snapshot();
  return ledger.current(Role::kMonitor) + ledger.current(Role::kRtt);
}

std::size_t World::monitors_created() const {
  const Ledger ledger = server.snapshot();
  return ledger.total_created(Role::kMonitor) + ledger.total_created(Role::kRtt);
}

bool World::wait_current(std::size_t count, std::chrono::milliseconds limit, const std::string& pool) const {
  const std::string name = app_name(pool);
  return server.wait_until([&](const Ledger& ledger) { return app_counts(ledger, name).current == count; },
                           limit);
}

bool World::stays_quiet(std::chrono::milliseconds time) const {
  const Counts before = app();
  return !server.wait_until(
      [&](const Ledger& ledger) {
        const Counts now = ledger.counts(Role::kApp);
        return now.total_created != before.total_created || now.current != before.current;
      },
      time);
}

std::uint64_t World::cleared() const {
  std::uint64_t sum = 0;
  for (const auto& one : pools->report().pools) sum += one.pool.totals.cleared + one.pool.totals.lost;
  return sum;
}

PoolReport World::report(const std::string& pool) const {
  for (auto& one : pools->report().pools) {
    if (one.pool.options.name == pool) return one.pool;
  }
  ADD_FAILURE() << "no pool " << pool;
  return {};
}

std::uint64_t World::closed_for(const std::string& pool, CloseReason reason) const {
  return report(pool).totals.closed[static_cast<std::size_t>(reason)];
}

std::size_t World::handshakes_peak(const std::string& pool, SteadyTime since_when) const {
  const std::string name = app_name(pool);
  return server.snapshot().peak_handshaking([&](const ConnectionRecord& record) {
    return is_app(record, name) && record.accepted_at >= since_when;
  });
}

}  // namespace wellspring::testing
