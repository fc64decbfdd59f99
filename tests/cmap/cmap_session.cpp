#include "cmap_session.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <map>
#include <set>
#include <thread>

#include "base/mutex.hpp"
#include "mongo/pool.hpp"

namespace wellspring::cmap {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience{10'000};

/// A failed operation, in the words of the specification.
struct OperationError {
  std::string type;
  std::string message;
};

std::string_view close_reason(mongo::CloseReason reason) {
  switch (reason) {
    case mongo::CloseReason::kIdle:
      return "idle";
    case mongo::CloseReason::kStale:
      return "stale";
    case mongo::CloseReason::kPoolClosed:
      return "poolClosed";
    default:
      return "error";
  }
}

std::string_view failure_reason(mongo::AcquireOutcome outcome) {
  switch (outcome) {
    case mongo::AcquireOutcome::kTimeout:
      return "timeout";
    case mongo::AcquireOutcome::kClosed:
      return "poolClosed";
    default:
      return "connectionError";
  }
}

OperationError error_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kDeadline:
      return {"WaitQueueTimeoutError", "Timed out while checking out a connection from connection pool"};
    case ErrorKind::kCancelled:
      return {"PoolClosedError", "Attempted to check out a connection from closed connection pool"};
    default:
      return {"PoolClearedError", "Connection pool was cleared because another operation failed"};
  }
}

/// Every event as the files write it, in order.
class Recorder final : public mongo::PoolObserver {
 public:
  explicit Recorder(json::object options) : options_(std::move(options)) {}

  void on_event(const mongo::PoolEvent& event) override {
    using Type = mongo::PoolEventType;
    json::object entry{{"type", mongo::name(event.type)}, {"address", "mock:27017"}};
    if (event.connection != 0) entry["connectionId"] = event.connection;
    if (event.type == Type::kConnectionPoolCreated) entry["options"] = options_;
    if (event.type == Type::kConnectionPoolCleared)
      entry["interruptInUseConnections"] = event.interrupts_in_use;
    if (event.type == Type::kConnectionClosed) entry["reason"] = close_reason(event.close_reason);
    if (event.type == Type::kConnectionCheckOutFailed) entry["reason"] = failure_reason(event.outcome);
    if (event.type == Type::kConnectionCheckOutFailed || event.type == Type::kConnectionCheckedOut ||
        event.type == Type::kConnectionReady)
      entry["duration"] = std::chrono::duration<double, std::milli>(event.duration).count();
    const MutexLock lock(mutex_);
    events_.emplace_back(std::move(entry));
    happened_.notify_all();
  }

  bool wait_for(std::string_view type, std::size_t count, milliseconds limit) {
    const auto until = steady_clock::now() + limit;
    const MutexLock lock(mutex_);
    while (count_of(type) < count) {
      const auto now = steady_clock::now();
      if (now >= until) return false;
      happened_.wait_for(mutex_, until - now);
    }
    return true;
  }

  json::array events() {
    const MutexLock lock(mutex_);
    return events_;
  }

 private:
  std::size_t count_of(std::string_view type) const WELLSPRING_REQUIRES(mutex_) {
    std::size_t count = 0;
    for (const json::value& event : events_) count += event.at("type").as_string() == type ? 1 : 0;
    return count;
  }

  const json::object options_;
  Mutex mutex_;
  Condition happened_;
  json::array events_ WELLSPRING_GUARDED_BY(mutex_);
};

/// Pretends to connect, for as long as the file says and as often in vain.
class MockFactory final : public mongo::ConnectionFactory {
 public:
  MockFactory(milliseconds takes, int failures) : takes_(takes), failures_(failures) {}
  void watch(mongo::Pool& pool) { pool_ = &pool; }

  Result<void> establish(mongo::Slot, std::uint64_t connection) override {
    bool fails = false;
    {
      const auto until = steady_clock::now() + takes_;
      const MutexLock lock(mutex_);
      if (failures_ > 0) {
        --failures_;
        fails = true;
      }
      for (auto now = steady_clock::now(); now < until && !interrupted_.contains(connection);
           now = steady_clock::now())
        cut_.wait_for(mutex_, until - now);
      if (interrupted_.contains(connection)) return fail(ErrorKind::kUnavailable, "interrupted");
    }
    if (!fails) return {};
    // What server monitoring does on a failed handshake.
    pool_->clear(false);
    return fail(ErrorKind::kUnavailable, "refused by the fail point");
  }
  void close(mongo::Slot, mongo::CloseReason) override {}
  bool is_alive(mongo::Slot) override { return true; }
  bool ping(mongo::Slot) override { return true; }
  void interrupt(mongo::Slot, std::uint64_t connection) override {
    const MutexLock lock(mutex_);
    interrupted_.insert(connection);
    cut_.notify_all();
  }

 private:
  const milliseconds takes_;
  mongo::Pool* pool_ = nullptr;
  Mutex mutex_;
  Condition cut_;
  int failures_ WELLSPRING_GUARDED_BY(mutex_);
  std::set<std::uint64_t> interrupted_ WELLSPRING_GUARDED_BY(mutex_);
};

/// A named thread of a file: does its operations one after the other.
class Worker {
 public:
  explicit Worker(std::function<void(const json::object&)> execute)
      : execute_(std::move(execute)), thread_([this] { run(); }) {}
  ~Worker() { finish(); }

  void add(const json::object& operation) {
    const MutexLock lock(mutex_);
    operations_.push_back(operation);
    changed_.notify_all();
  }
  /// Waits until it has done everything; its first error.
  std::optional<OperationError> finish() {
    {
      const MutexLock lock(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    return error_;
  }

 private:
  void run() {
    for (;;) {
      json::object operation;
      {
        const MutexLock lock(mutex_);
        while (operations_.empty() && !ending_) changed_.wait(mutex_);
        if (operations_.empty()) return;
        operation = operations_.front();
        operations_.pop_front();
      }
      try {
        execute_(operation);
      } catch (const OperationError& error) {
        error_ = error;
        return;
      }
    }
  }

  const std::function<void(const json::object&)> execute_;
  Mutex mutex_;
  Condition changed_;
  std::deque<json::object> operations_ WELLSPRING_GUARDED_BY(mutex_);
  bool ending_ WELLSPRING_GUARDED_BY(mutex_) = false;
  std::optional<OperationError> error_;  // the thread's until it is joined
  std::thread thread_;
};

/// One run of a file.
class Session {
 public:
  explicit Session(const TestFile& file)
      : file_(file),
        recorder_(file.option_members),
        factory_(file.connect_takes, file.connects_that_fail),
        pool_(
            file.options,
            {.factory = factory_,
             .clock = clock_,
             .keeper = &keeper_,
             .spawn = [this](std::function<void()> work) { boost::asio::post(connectors_, std::move(work)); },
             .on_overdue = {},
             .observer = &recorder_,
             .maintain = file.background_runs}) {
    factory_.watch(pool_);
  }

  ~Session() {
    workers_.clear();
    {
      const MutexLock lock(mutex_);
      leases_.clear();
    }
    ignore(Result<bool>(pool_.close(kPatience, kPatience)), "the pool asserts that it is");
    connectors_.join();
  }

  std::optional<std::string> run() {
    std::optional<OperationError> error;
    try {
      for (const json::value& operation : file_.operations) dispatch(operation.as_object());
    } catch (const OperationError& failed) {
      error = failed;
    } catch (const std::runtime_error& wrong) {
      return wrong.what();
    }
    if (auto wrong = compare_error(error)) return wrong;
    return compare_events();
  }

 private:
  void dispatch(const json::object& operation) {
    if (const json::value* thread = operation.if_contains("thread")) {
      const auto worker = workers_.find(std::string(thread->as_string()));
      if (worker == workers_.end())
        throw std::runtime_error("an operation names a thread that was not started");
      return worker->second.add(operation);
    }
    execute(operation);
  }

  void execute(const json::object& operation) {
    const std::string name(operation.at("name").as_string());
    const auto text = [&](std::string_view member) { return std::string(operation.at(member).as_string()); };
    const auto number = [&](std::string_view member, std::int64_t otherwise) {
      const json::value* value = operation.if_contains(member);
      return value != nullptr ? value->to_number<std::int64_t>() : otherwise;
    };
    if (name == "start") {
      workers_.try_emplace(text("target"), [this](const json::object& one) { execute(one); });
    } else if (name == "wait") {
      std::this_thread::sleep_for(milliseconds{number("ms", 0)});
    } else if (name == "waitForThread") {
      if (auto error = workers_.at(text("target")).finish()) throw *error;
    } else if (name == "waitForEvent") {
      const auto count = static_cast<std::size_t>(number("count", 1));
      const milliseconds limit{number("timeout", kPatience.count())};
      if (!recorder_.wait_for(text("event"), count, limit))
        throw std::runtime_error(
            fmt::format("waited {} ms in vain for {} x {}", limit.count(), count, text("event")));
    } else if (name == "checkOut") {
      check_out(operation.contains("label") ? text("label") : std::string());
    } else if (name == "checkIn") {
      const MutexLock lock(mutex_);
      leases_.erase(text("connection"));
    } else if (name == "clear") {
      const json::value* interrupts = operation.if_contains("interruptInUseConnections");
      pool_.clear(interrupts != nullptr && interrupts->as_bool());
    } else if (name == "ready") {
      pool_.ready();
    } else if (name == "close") {
      pool_.close(milliseconds{0}, milliseconds{0});
    } else {
      throw std::runtime_error("unknown operation " + name);
    }
  }

  void check_out(std::string label) {
    auto lease = pool_.acquire();
    if (!lease) throw error_of(lease.error().kind);
    const MutexLock lock(mutex_);
    if (label.empty()) label = fmt::format("unnamed {}", ++unnamed_);
    leases_[label] = std::move(*lease);
  }

  std::optional<std::string> compare_error(const std::optional<OperationError>& got) const {
    if (file_.error.empty()) {
      if (!got) return std::nullopt;
      return fmt::format("failed with {}: {}", got->type, got->message);
    }
    if (!got) return "did not fail, but should with " + json::serialize(file_.error);
    const json::object actual{{"type", got->type}, {"message", got->message}};
    if (matches(file_.error, actual)) return std::nullopt;
    return fmt::format("failed with {} in place of {}", json::serialize(actual),
                       json::serialize(file_.error));
  }

  /// The events that count are exactly the expected ones, followed by anything.
  std::optional<std::string> compare_events() {
    json::array seen;
    for (const json::value& event : recorder_.events()) {
      const std::string type(event.at("type").as_string());
      if (std::find(file_.ignored.begin(), file_.ignored.end(), type) == file_.ignored.end())
        seen.push_back(event);
    }
    for (std::size_t at = 0; at < file_.events.size(); ++at) {
      if (at >= seen.size())
        return fmt::format("event {} is missing: {}", at + 1, json::serialize(file_.events[at]));
      if (!matches(file_.events[at], seen[at]))
        return fmt::format("event {} is {}, not {}", at + 1, json::serialize(seen[at]),
                           json::serialize(file_.events[at]));
    }
    return std::nullopt;
  }

  const TestFile& file_;
  const SystemClock clock_;
  Recorder recorder_;
  MockFactory factory_;
  boost::asio::thread_pool connectors_{4};
  mongo::Keeper keeper_{clock_};
  mongo::Pool pool_;
  Mutex mutex_;
  std::map<std::string, mongo::Lease> leases_ WELLSPRING_GUARDED_BY(mutex_);
  int unnamed_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Worker> workers_;
};

}  // namespace

std::optional<std::string> run_once(const TestFile& file) {
  return Session(file).run();
}

}  // namespace wellspring::cmap
