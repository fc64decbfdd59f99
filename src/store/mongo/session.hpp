#pragma once

#include <boost/assert/source_location.hpp>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "mongo/driver/mongo_pool.hpp"
#include "store/mongo/bson.hpp"

/// The one place where the store meets the driver: acquire, run, classify, mark.
namespace wellspring::store::mongo {

/// What one loan of a connection may take, waiting for it included. An operation that needs longer uses
/// several loans.
inline constexpr std::chrono::milliseconds kOperationLimit{10'000};
/// Building an index over rows that are there may take longer.
inline constexpr std::chrono::minutes kIndexLimit{10};
/// A document's limit is 16 MiB; this much is left for what the server and the driver add to it.
inline constexpr std::size_t kRowBytesMax = (16U << 20) - (64U << 10);
/// What a batch of inserted rows and a batch of a reply carry at most. A message ends at 48 MB.
inline constexpr std::size_t kInsertBytes = 32U << 20;
inline constexpr std::size_t kReplyBytes = 8U << 20;

/// Ends of the runs into which rows of these sizes are cut, so that no run exceeds `limit` bytes but where a
/// single row does, nor `rows` rows. Pure.
std::vector<std::size_t> batch_ends(std::span<const std::size_t> bytes, std::size_t limit, std::size_t rows);
/// How many rows of at most `row_bytes` a reply may carry.
std::int64_t batch_rows(std::size_t row_bytes);

/// A connection on loan, with the time it has left. Used by one thread. Every call throws Failure; after a
/// network error the connection does not go back to the pool.
class Session {
 public:
  Session(::wellspring::mongo::driver::ClientLease lease, const std::string& database, const Clock& clock,
          SteadyTime deadline)
      : lease_(std::move(lease)), database_(database), clock_(clock), deadline_(deadline) {}

  /// Runs a command that changes nothing.
  Doc read(const Doc& command);
  /// Runs a command whose effect is on a majority's disks when this returns. kConflict: a duplicate key.
  Doc write(const Doc& command);
  /// One batch of rows in order; see batch_ends(). `inserted` tells how many are known to be there, also when
  /// this throws.
  void insert(const std::string& collection, std::span<const Doc* const> rows, std::size_t& inserted);
  /// How many rows a delete of everything that meets `filter` took.
  std::size_t remove(const std::string& collection, const Doc& filter);
  /// How many rows the update of everything that meets `filter` changed or found as wanted.
  std::size_t update(const std::string& collection, const Doc& filter, const Doc& change,
                     bool upsert = false);
  /// Changes or replaces the one row that meets `filter`, atomically; false when there is none.
  bool update_one(const std::string& collection, const Doc& filter, const Doc& change);
  /// `members` of findAndModify besides the collection: query, update, sort, new, upsert. The row it
  /// answered, if any.
  std::optional<Doc> find_and_modify(const std::string& collection, const Doc& members);
  /// Calls `each` with every row until it answers false.
  void find(const std::string& collection, const Doc& filter, const Doc& options,
            const std::function<bool(const bson_t&)>& each);
  std::optional<Doc> find_one(const std::string& collection, const Doc& filter, const Doc& options = {});
  void aggregate(const std::string& collection, const Array& pipeline,
                 const std::function<bool(const bson_t&)>& each);
  std::size_t count(const std::string& collection, const Doc& filter);
  /// The counter after adding `step`; counters begin at 0.
  std::int64_t add_to_counter(const std::string& collection, const std::string& counter, std::int64_t step);

 private:
  std::int64_t milliseconds_left();
  Doc with_time(const Doc& command);
  Doc durably();
  std::size_t run_update(const std::string& collection, const Doc& statement);
  void drain(mongoc_cursor_t& cursor, const std::function<bool(const bson_t&)>& each);
  [[noreturn]] void raise(const bson_error_t& error);

  ::wellspring::mongo::driver::ClientLease lease_;
  const std::string& database_;
  const Clock& clock_;
  SteadyTime deadline_;
};

/// What is being done to what: the beginning of an error's message, and its subject.
struct Operation {
  std::string_view name;
  std::string subject = {};
};

Error at_port(const Error& error, const Operation& operation);

/// Runs `work()`, which may throw Failure, and gives its value or the error of `operation`.
template <class Work>
auto attempt(const Operation& operation, Work work) -> Result<std::invoke_result_t<Work&>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const Failure& failure) {
    return at_port(failure.error(), operation);
  }
}

/// One database through one pool. Thread-safe.
class Channel {
 public:
  Channel(::wellspring::mongo::driver::MongoPool& pool, std::string database, const Clock& clock)
      : pool_(pool), database_(std::move(database)), clock_(clock) {}

  /// Runs `work(Session&)` on a connection of the pool. Throws Failure. Nothing that belongs to the session
  /// may outlive `work`.
  template <class Work>
  auto use(Work work, std::chrono::milliseconds limit = kOperationLimit,
           boost::source_location site = BOOST_CURRENT_LOCATION) -> std::invoke_result_t<Work&, Session&> {
    Session session = open(limit, site);
    return work(session);
  }

  const std::string& database() const { return database_; }

 private:
  Session open(std::chrono::milliseconds limit, boost::source_location site);

  ::wellspring::mongo::driver::MongoPool& pool_;
  const std::string database_;
  const Clock& clock_;
};

/// Inserts rows in order, in as many batches as their bytes ask for. When one is refused, those before it are
/// taken back, as far as the server can be reached. Throws Failure; kTooLarge for a row
/// over kRowBytesMax, and then nothing was sent.
void insert_all(Channel& channel, const std::string& collection, std::span<const Doc> rows);

}  // namespace wellspring::store::mongo
