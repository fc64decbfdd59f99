#include "turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>

#include "base/mutex.hpp"
#include "mongo/driver/handles.hpp"
#include "world.hpp"

namespace wellspring::testing {
namespace {

using mongo::driver::ClientLease;

/// Who wants the one connection, again and again: each request has a number in the order of arrival.
class Queue {
 public:
  explicit Queue(MongoPool& pool, int turns) : pool_(pool), turns_(turns) {}

  void ask() {
    const MutexLock lock(mutex_);
    const int number = asked_++;
    const SteadyTime since_when = std::chrono::steady_clock::now();
    pool_.async_acquire({}, in(60s), [this, number, since_when](Result<ClientLease> lease) {
      const MutexLock granting(granted_mutex_);
      granted_.push_back({number, std::chrono::steady_clock::now() - since_when, std::move(lease)});
      changed_.notify_one();
    });
  }
  /// Serves every turn: uses the connection, releases it and asks again at once.
  void serve() {
    for (int turn = 0; turn < turns_; ++turn) {
      Grant grant = next();
      ASSERT_TRUE(grant.lease.has_value()) << grant.lease.error().message;
      if (grant.number != turn) ++inversions;
      const SteadyTime start = std::chrono::steady_clock::now();
      use(*grant.lease);
      holds.push_back(std::chrono::steady_clock::now() - start);
      waits.push_back(grant.waited);
      { const ClientLease released = std::move(*grant.lease); }
      ask();
    }
  }
  void drain(int count) {
    for (int i = 0; i < count; ++i) static_cast<void>(next());
  }

  int inversions = 0;
  std::vector<SteadyTime::duration> waits, holds;

 private:
  struct Grant {
    int number;
    SteadyTime::duration waited;
    Result<ClientLease> lease;
  };
  Grant next() {
    const MutexLock lock(granted_mutex_);
    while (granted_.empty()) changed_.wait(granted_mutex_);
    Grant grant = std::move(granted_.front());
    granted_.pop_front();
    return grant;
  }
  static void use(const ClientLease& lease) {
    const mongo::driver::BsonHandle command(BCON_NEW("ping", BCON_INT32(1)));
    EXPECT_TRUE(
        mongoc_client_command_simple(lease.client(), "admin", command.get(), nullptr, nullptr, nullptr));
  }

  MongoPool& pool_;
  const int turns_;
  Mutex mutex_;
  int asked_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  Mutex granted_mutex_;
  Condition changed_;
  std::deque<Grant> granted_ WELLSPRING_GUARDED_BY(granted_mutex_);
};

}  // namespace

void alone_with_no_limit(mongo::PoolOptions& pool) {
  pool.min_size = 1;
  pool.max_size = 1;
  pool.wait_limit = 0ms;
}

Turns take_turns(MongoPool& pool, std::size_t waiters, int turns) {
  Queue queue(pool, turns);
  for (std::size_t i = 0; i < waiters + 1; ++i) queue.ask();
  queue.serve();
  queue.drain(static_cast<int>(waiters) + 1);
  Turns seen{.inversions = queue.inversions, .worst_wait = 0};
  // From when all of them wait.
  for (std::size_t turn = waiters + 1; turn < queue.waits.size(); ++turn) {
    SteadyTime::duration before{};
    for (std::size_t earlier = turn - waiters; earlier < turn; ++earlier) before += queue.holds[earlier];
    seen.worst_wait = std::max(seen.worst_wait, std::chrono::duration<double>(queue.waits[turn]) /
                                                    std::chrono::duration<double>(before));
  }
  return seen;
}

}  // namespace wellspring::testing
