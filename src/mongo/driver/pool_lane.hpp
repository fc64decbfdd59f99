#pragma once

#include <chrono>
#include <optional>
#include <boost/assert/source_location.hpp>

#include "mongo/driver/mongo_pool.hpp"
#include "runtime/crew.hpp"
#include "runtime/lane.hpp"

namespace wellspring::mongo::driver {

/// The way for coroutines to a pool: they wait for a connection suspended, in the pool's own queue, and only
/// then take a thread, of which there are never more than the pool has connections. What then calls
/// MongoPool::acquire() on that thread gets the connection that was waited for. To be destroyed before the
/// pool.
class PoolLane final : public runtime::Lane {
 public:
  /// `limit`: from arrival to the end of the first use, waiting included.
  PoolLane(MongoPool& pool, const Clock& clock, std::chrono::milliseconds limit);
  void enter(Work work, boost::source_location site) override;

 private:
  MongoPool& pool_;
  const Clock& clock_;
  const std::chrono::milliseconds limit_;
  runtime::Crew threads_;
};

/// A connection kept for the next acquire() of its pool on this thread; given back if nobody came.
class Reservation {
 public:
  Reservation(const MongoPool& pool, ClientLease lease);
  ~Reservation();
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// What is kept for this thread and pool, if anything.
  static std::optional<ClientLease> take(const MongoPool& pool);

 private:
  const MongoPool& pool_;
  std::optional<ClientLease> lease_;
};

}  // namespace wellspring::mongo::driver
