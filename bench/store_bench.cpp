// store_bench URI THREADS: reading a source by its id through the whole store path (pool, deadline, command,
// classification, decoding) beside a plain program on libmongoc's own pool, in turn, in one run. Writes one
// source into database `store_bench`. Prints one JSON line.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "mongo/driver/library.hpp"
#include "mongo/driver/pools.hpp"
#include "mongo/driver/uri.hpp"
#include "store/mongo/mongo_store.hpp"

namespace {

using namespace wellspring;
namespace driver = wellspring::mongo::driver;
using Steady = std::chrono::steady_clock;

constexpr const char* kDatabase = "store_bench";
constexpr std::chrono::milliseconds kRoundTime{1'500};
constexpr std::chrono::seconds kPatience{10};
constexpr int kRounds = 5;

/// Calls a second of `use` on all threads.
double rate_of(std::size_t threads, const std::function<void()>& use) {
  std::atomic<std::uint64_t> done = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> running;
  const auto start = Steady::now();
  for (std::size_t i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      while (!over) {
        use();
        ++done;
      }
    });
  }
  std::this_thread::sleep_for(kRoundTime);
  over = true;
  for (std::thread& thread : running) thread.join();
  return static_cast<double>(done) / std::chrono::duration<double>(Steady::now() - start).count();
}

/// What a program without a store would do: pop, find, read two members, push.
class PlainPool {
 public:
  explicit PlainPool(const mongoc_uri_t* uri) : pool_(mongoc_client_pool_new(uri)) {}
  ~PlainPool() { mongoc_client_pool_destroy(pool_); }
  PlainPool(const PlainPool&) = delete;
  PlainPool& operator=(const PlainPool&) = delete;

  std::string find(const std::string& id) {
    mongoc_client_t* const client = mongoc_client_pool_pop(pool_);
    mongoc_collection_t* const collection = mongoc_client_get_collection(client, kDatabase, "data_sources");
    bson_oid_t oid;
    bson_oid_init_from_string(&oid, id.c_str());
    bson_t* const filter = BCON_NEW("_id", BCON_OID(&oid));
    bson_t* const options = BCON_NEW("limit", BCON_INT64(1));
    mongoc_cursor_t* const cursor = mongoc_collection_find_with_opts(collection, filter, options, nullptr);
    const bson_t* row = nullptr;
    std::string name;
    bson_iter_t at;
    if (mongoc_cursor_next(cursor, &row) && bson_iter_init_find(&at, row, "name"))
      name = bson_iter_utf8(&at, nullptr);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    bson_destroy(filter);
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(pool_, client);
    return name;
  }

 private:
  mongoc_client_pool_t* pool_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(const std::string& uri, std::size_t threads) {
  const SystemClock clock;
  obs::Log log(obs::LogLevel::kError, obs::LogFormat::kText);
  const driver::Library library(log);
  const auto connection = driver::read_connection_string(uri).value();
  driver::Pools pools(connection, {}, clock, log);
  pools.wait_warm(clock.steady() + kPatience).value();
  const auto store = store::mongo::make_mongo_store({pools.vector(), pools.app(), pools.sources()},
                                                    {.database = kDatabase, .names = {}}, clock, log);
  store->prepare().value();
  auto& sources = store->sources();
  auto known = sources.list().value();
  if (known.empty())
    known.push_back(
        sources
            .create({.name = "Manual", .type = "web", .uri = "https://a.example", .last_ingested_at = {}},
                    clock.wall())
            .value());
  const model::SourceId id = known.front().id;
  PlainPool plain(connection.uri.get());
  const auto through_store = [&] {
    if (sources.find(id).value()->name != "Manual")
      throw Failure(fail(ErrorKind::kBug, "another source came"));
  };
  const auto through_plain = [&] {
    if (plain.find(id.value()) != "Manual") throw Failure(fail(ErrorKind::kBug, "another source came"));
  };
  // Both pools grow to what the threads need before anything is counted.
  rate_of(threads, through_store);
  rate_of(threads, through_plain);
  std::vector<double> ours, theirs, ratios;
  for (int round = 0; round < kRounds; ++round) {
    ours.push_back(rate_of(threads, through_store));
    theirs.push_back(rate_of(threads, through_plain));
    ratios.push_back(ours.back() / theirs.back());
  }
  fmt::print(
      "{{\"threads\": {}, \"store_per_s\": {:.0f}, \"plain_per_s\": {:.0f}, \"ratio\": {:.3f}, \"rounds\": "
      "{}}}\n",
      threads, median(ours), median(theirs), median(ratios), kRounds);
  return pools.close(kPatience, kPatience) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: store_bench URI THREADS\n");
    return 2;
  }
  try {
    return run(argv[1], std::stoul(argv[2]));
  } catch (const std::exception& thrown) {
    fmt::print(stderr, "store_bench: {}\n", thrown.what());
    return 1;
  }
}
