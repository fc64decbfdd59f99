#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "mongo/connection_factory.hpp"
#include "mongo/keeper.hpp"
#include "mongo/pool_report.hpp"

namespace wellspring::mongo {

class Pool;

/// A connection in use. Move-only; gives it back when it dies.
class Lease {
 public:
  Lease() = default;
  Lease(Pool& pool, Slot slot) : pool_(&pool), slot_(slot) {}
  Lease(Lease&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), slot_(other.slot_), how_(other.how_) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { give_back(); }

  explicit operator bool() const { return pool_ != nullptr; }
  Slot slot() const { return slot_; }
  /// What the use did to the connection; anything but kClean retires it.
  void mark(Returned how) { how_ = how; }
  void give_back();

 private:
  Pool* pool_ = nullptr;
  Slot slot_ = 0;
  Returned how_ = Returned::kClean;
};

/// Runs work soon on a thread that may block.
using Spawn = std::function<void(std::function<void()>)>;

/// A connection pool: PoolState under a lock, its actions carried out outside of it. Thread-safe. Destroy
/// after close() said that everything is home.
class Pool final : private Tended {
 public:
  /// Told of leases held for too long and of their return. Called outside the lock, from any thread.
  using OnOverdue = std::function<void(const Actions::Overdue&)>;
  struct Parts {
    ConnectionFactory& factory;
    const Clock& clock;
    Keeper* keeper = nullptr;  ///< none: call tend() yourself
    Spawn spawn;
    OnOverdue on_overdue;
    PoolObserver* observer = nullptr;
    bool maintain = true;  ///< false: only waits end by time
  };

  Pool(PoolOptions options, Parts parts);
  ~Pool() override;

  /// Blocks the calling thread. Errors: kDeadline, kUnavailable, kCancelled (the pool closes).
  Result<Lease> acquire(LeaseTag tag = {}, SteadyTime deadline = SteadyTime::max());

  /// Suspends nobody: `done(Result<Lease>)` is called once, on the thread that decided, possibly before this
  /// returns; it must not block.
  template <class Done>
  void async_acquire(LeaseTag tag, SteadyTime deadline, Done done);

  void ready();
  void clear(bool interrupt_in_use);
  void server_lost(std::string why);
  void server_found();

  /// Admits nobody any more, then waits for what is out: until `drain`, then with sockets cut until `cut`.
  /// True when every connection is closed. A second call only waits.
  bool close(std::chrono::milliseconds drain, std::chrono::milliseconds cut);

  /// Blocks until the minimum is open. kUnavailable with what is missing and why, at `until` or when the pool
  /// closes.
  Result<void> wait_warm(SteadyTime until);

  /// Connecting fails: the server refused the credentials, or nothing is open and the last attempt failed.
  struct Refusal {
    bool of_credentials;
    std::string why;
  };
  std::optional<Refusal> refusal() const;

  PoolReport report() const;
  const std::string& name() const { return name_; }
  /// Does what is due. The keeper's, or a test's with a clock of its own.
  SteadyTime tend(SteadyTime now) override;

 private:
  friend class Lease;
  /// A waiter that can be told.
  struct Client : Waiter {
    explicit Client(LeaseTag of);
    virtual ~Client() = default;
    virtual void tell() = 0;
  };
  template <class Done>
  struct AsyncClient;

  bool check_out(Client& client);
  void check_in(Slot slot, Returned how);
  Result<Lease> result_of(Client& client);
  void carry_out(const Actions& actions, bool wake_keeper);
  void establish(Slot slot);
  void check(Slot slot);
  /// Runs one transition of the state machine and what follows from it.
  template <class Transition>
  void step(const Transition& transition);
  bool all_home() const WELLSPRING_REQUIRES(mutex_);

  const std::string name_;
  ConnectionFactory& factory_;
  const Clock& clock_;
  Keeper* const keeper_;
  const Spawn spawn_;
  const OnOverdue on_overdue_;
  const bool maintain_;
  mutable Mutex mutex_;
  PoolState state_ WELLSPRING_GUARDED_BY(mutex_);
  std::uint64_t random_ WELLSPRING_GUARDED_BY(mutex_) = 0x9E3779B97F4A7C15U;
  bool was_warm_ WELLSPRING_GUARDED_BY(mutex_) = false;
  Condition came_home_;
  Condition warmed_;
};

template <class Done>
struct Pool::AsyncClient final : Pool::Client {
  AsyncClient(Pool& of, LeaseTag lease_tag, Done callback)
      : Client(std::move(lease_tag)), pool(of), done(std::move(callback)) {}
  void tell() override {
    const std::unique_ptr<AsyncClient> self(this);
    done(pool.result_of(*this));
  }
  Pool& pool;
  Done done;
};

template <class Done>
void Pool::async_acquire(LeaseTag tag, SteadyTime deadline, Done done) {
  auto client = std::make_unique<AsyncClient<Done>>(*this, std::move(tag), std::move(done));
  client->deadline = deadline;
  AsyncClient<Done>* const queued = client.release();  // tell() owns it
  if (check_out(*queued)) queued->tell();
}

}  // namespace wellspring::mongo
