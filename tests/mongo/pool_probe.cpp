// pool_probe: our pool behind a line protocol, so that one harness can drive it beside other drivers' pools.
// One command a line on stdin, one JSON object a line on stdout:
//
//   start URI        make the pool; sizes and waits are taken from the URI's pool options
//   fan T N COLL     T threads x N finds of one document in bench.COLL
//   bg T N COLL      the same, not waited for
//   fair K GAP       thread 0 finds in w00; thread i, GAP ms later each, in w<i>
//   rr T N           T threads x N finds, thread i in w<i>, without pause
//   loop T MS        T threads find in bench.t for MS milliseconds
//   close            drain for half a second, cut, close
//   many K URI KEEP  ask K times for the pool of that name and find; KEEP=1 keeps the handles
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <charconv>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "mongo/driver/library.hpp"
#include "mongo/driver/mongo_pool.hpp"
#include "mongo/driver/topology.hpp"
#include "mongo/driver/uri.hpp"
#include "mongo/driver/with_client.hpp"

namespace {

namespace json = boost::json;
using namespace wellspring;
using namespace wellspring::mongo;
using namespace wellspring::mongo::driver;
using std::chrono::milliseconds;

constexpr std::size_t kErrorTexts = 4;

std::int64_t epoch_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int number(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

PoolOptions options_of(const ConnectionString& connection) {
  std::map<std::string, int> given;
  for (const std::string& option : connection.set_aside) {
    const std::size_t equals = option.find('=');
    given[option.substr(0, equals)] = number(option.substr(equals + 1));
  }
  const auto value = [&](const char* name, int otherwise) {
    return given.contains(name) ? given[name] : otherwise;
  };
  PoolOptions options;
  options.name = "probe";
  options.min_size = static_cast<std::size_t>(value("minPoolSize", 0));
  options.max_size = static_cast<std::size_t>(value("maxPoolSize", 100));
  options.idle_limit = milliseconds{value("maxIdleTimeMS", 0)};
  options.wait_limit = milliseconds{value("waitQueueTimeoutMS", 0)};
  return options;
}

bool find_over(mongoc_client_t* client, const std::string& collection, bson_error_t* error) {
  const CollectionHandle handle(mongoc_client_get_collection(client, "bench", collection.c_str()));
  const BsonHandle filter(BCON_NEW("_id", BCON_INT32(1)));
  const BsonHandle options(BCON_NEW("limit", BCON_INT64(1)));
  const CursorHandle cursor(
      mongoc_collection_find_with_opts(handle.get(), filter.get(), options.get(), nullptr));
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor.get(), &document)) continue;
  return !mongoc_cursor_error(cursor.get(), error);
}

/// A pool with a topology of its own.
struct OnePool {
  OnePool(const ConnectionString& connection, PoolOptions options, const Clock& clock, Keeper& keeper)
      : topology(connection.uri.get(), "bench", options.max_size),
        pool(topology, std::move(options), {.clock = clock, .keeper = keeper, .on_overdue = {}}) {
    topology.start();
  }
  ~OnePool() { close(); }
  bool close() { return pool.close(milliseconds{500}, milliseconds{1'000}) && topology.shut_down(); }

  Topology topology;
  MongoPool pool;
};

/// Find one document. What went wrong, or nothing.
std::optional<std::string> find_one(OnePool& pool, const std::string& collection) {
  const auto found = with_client(
      pool.pool, {.name = "finding", .repeat = Repeat::kIdempotent},
      [&](mongoc_client_t* client, bson_error_t* error) { return find_over(client, collection, error); });
  return found ? std::nullopt : std::optional(found.error().message);
}

/// What a command's finds came to.
class Tally {
 public:
  void count(const std::optional<std::string>& wrong) {
    const std::int64_t now = epoch_ms();
    const MutexLock lock(mutex_);
    if (!wrong) {
      ++good_;
      if (ok_ms_.empty() || now - ok_ms_.back() >= 10) ok_ms_.push_back(now);
      return;
    }
    ++bad_;
    error_ms_.push_back(now);
    if (texts_.size() < kErrorTexts) texts_.insert(*wrong);
  }
  json::object report(bool with_times) {
    const MutexLock lock(mutex_);
    json::object report{{"n", good_}, {"err", bad_}, {"errs", json::array(texts_.begin(), texts_.end())}};
    report["errms"] = json::array(error_ms_.begin(), error_ms_.end());
    if (with_times) report["okms"] = json::array(ok_ms_.begin(), ok_ms_.end());
    return report;
  }

 private:
  Mutex mutex_;
  std::uint64_t good_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::uint64_t bad_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::set<std::string> texts_ WELLSPRING_GUARDED_BY(mutex_);
  std::vector<std::int64_t> ok_ms_ WELLSPRING_GUARDED_BY(mutex_);
  std::vector<std::int64_t> error_ms_ WELLSPRING_GUARDED_BY(mutex_);
};

class Probe {
 public:
  json::object answer(const std::vector<std::string>& words) {
    const std::string& command = words.at(0);
    if (command == "start") {
      pool_ = open(words.at(1));
      return {{"ok", 1}};
    }
    if (command == "many") return many(number(words.at(1)), words.at(2), words.at(3) == "1");
    if (!pool_) return {{"err", "start first"}};
    if (command == "fan") return fan(number(words.at(1)), number(words.at(2)), words.at(3));
    if (command == "bg") {
      background_.emplace_back(
          [this, t = number(words.at(1)), n = number(words.at(2)), c = words.at(3)] { fan(t, n, c); });
      return {{"ok", 1}};
    }
    if (command == "fair") return fair(number(words.at(1)), milliseconds{number(words.at(2))});
    if (command == "rr") {
      return run(number(words.at(1)), true, [this, turns = number(words.at(2))](int thread, Tally& tally) {
        for (int turn = 0; turn < turns; ++turn) tally.count(find_one(*pool_, fmt::format("w{:02}", thread)));
      });
    }
    if (command == "loop") {
      const auto end = std::chrono::steady_clock::now() + milliseconds{number(words.at(2))};
      return run(number(words.at(1)), true, [this, end](int, Tally& tally) {
        while (std::chrono::steady_clock::now() < end) tally.count(find_one(*pool_, "t"));
      });
    }
    if (command == "close") return close();
    return {{"err", "unknown command " + command}};
  }

 private:
  std::shared_ptr<OnePool> open(const std::string& text) {
    if (auto known = named_.lock()) return known;  // one pool a name
    const auto connection = read_connection_string(text);
    if (!connection) throw Failure(connection.error());
    auto pool = std::make_shared<OnePool>(*connection, options_of(*connection), clock_, keeper_);
    named_ = pool;
    return pool;
  }

  template <class Body>
  json::object run(int threads, bool with_times, const Body& body) {
    Tally tally;
    const auto start = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> all;
      for (int thread = 0; thread < threads; ++thread) all.emplace_back([&, thread] { body(thread, tally); });
    }
    json::object report = tally.report(with_times);
    report["ms"] = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start).count();
    return report;
  }

  json::object fan(int threads, int turns, const std::string& collection) {
    return run(threads, false, [&](int, Tally& tally) {
      for (int turn = 0; turn < turns; ++turn) tally.count(find_one(*pool_, collection));
    });
  }

  json::object fair(int waiters, milliseconds gap) {
    return run(waiters + 1, true, [&](int thread, Tally& tally) {
      std::this_thread::sleep_for(thread * gap);
      tally.count(find_one(*pool_, fmt::format("w{:02}", thread)));
    });
  }

  json::object many(int times, const std::string& uri, bool keep) {
    for (int time = 0; time < times; ++time) {
      auto handle = open(uri);
      static_cast<void>(find_one(*handle, "t"));
      if (keep) kept_.push_back(std::move(handle));
    }
    return {{"ok", 1}};
  }

  json::object close() {
    const auto start = std::chrono::steady_clock::now();
    const bool all = pool_->close();
    const auto ms =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start).count();
    if (!all) return {{"err", "a lease did not come home"}, {"ms", ms}};
    return {{"ok", 1}, {"ms", ms}};
  }

  SystemClock clock_;
  Keeper keeper_{clock_};
  std::shared_ptr<OnePool> pool_;
  std::weak_ptr<OnePool> named_;
  std::vector<std::shared_ptr<OnePool>> kept_;
  std::vector<std::jthread> background_;
};

}  // namespace

int main() {
  obs::Log log{obs::LogLevel::kError, obs::LogFormat::kText};
  const Library library(log);
  Probe probe;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
    if (words.empty()) continue;
    json::object answer;
    try {
      answer = probe.answer(words);
    } catch (const std::exception& wrong) {
      answer = {{"err", wrong.what()}};
    }
    std::cout << json::serialize(answer) << std::endl;
  }
}
