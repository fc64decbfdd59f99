#pragma once

#include <array>
#include <boost/assert/source_location.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "mongo/histogram.hpp"
#include "mongo/pool_events.hpp"
#include "mongo/pool_options.hpp"
#include "mongo/sizing.hpp"

namespace wellspring::mongo {

/// A place for one connection, from 0 to max_size - 1. Reused once the connection that had it is closed.
using Slot = std::uint32_t;

/// Who holds a lease, for messages about it.
struct LeaseTag {
  /// Not the standard one, which clang 14 lacks.
  boost::source_location site = BOOST_CURRENT_LOCATION;
  std::string request = {};  ///< request id, may be empty
  int thread = 0;            ///< that asked, as the system numbers it; filled in by the pool
  std::optional<std::chrono::milliseconds> allowed = {};  ///< in place of PoolOptions::overdue_after
};

/// One who wants a connection. Owned by the caller, at rest in memory until decided. Everything but `tag` and
/// `deadline` is the state machine's until then.
struct Waiter {
  explicit Waiter(LeaseTag of) : tag(std::move(of)) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  LeaseTag tag;
  SteadyTime deadline = SteadyTime::max();
  // Once decided:
  AcquireOutcome outcome{};
  Slot slot = 0;       ///< if has_connection(outcome)
  std::string reason;  ///< otherwise: one sentence with what was observed against what is allowed

  SteadyTime since;
  bool queued = false;
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
};

/// How a connection comes back.
enum class Returned { kClean, kError, kTimeout, kDirty };

/// What the owner of the state machine is to do, in this order, outside its lock.
struct Actions {
  struct Close {
    Slot slot;
    CloseReason reason;
  };
  struct Interrupt {
    Slot slot;
    std::uint64_t connection;
  };
  struct Overdue {
    LeaseTag tag;
    std::chrono::milliseconds held;
    bool returned;
  };
  std::vector<Waiter*> decided;      ///< tell them
  std::vector<Interrupt> interrupt;  ///< cut the socket of a lease or of an attempt to connect
  std::vector<Close> close;          ///< close, then call closed()
  std::vector<Slot> establish;       ///< connect, then call established() or establish_failed()
  std::vector<Slot> check;           ///< ping, then call checked()
  std::vector<Overdue> overdue;      ///< leases found held for too long, and those among them that came back
};

struct PoolCounts {
  std::size_t idle = 0, in_use = 0, pending = 0, waiters = 0, overdue = 0;
  std::size_t total() const { return idle + in_use + pending; }
};

struct PoolTotals {
  std::uint64_t acquires = 0;  ///< started
  std::array<std::uint64_t, kAcquireOutcomes> acquired{};
  std::array<std::uint64_t, kCreateCauses> created{};
  std::array<std::uint64_t, kCloseReasons> closed{};
  std::uint64_t cleared = 0, lost = 0, checks = 0, failed_checks = 0, connect_failures = 0;
  std::uint64_t leaks_suspected = 0, leaks_recovered = 0, dirty_returns = 0, maintenance_runs = 0;
  Histogram acquire_wait;  ///< of those who got a connection
  Histogram lease_held;
};

/// The policy of a connection pool, as a state machine without sockets, clocks or threads: every call takes
/// the time, and what there is to do comes back as Actions. Its owner guards it with a lock. Promises: first
/// come, first served, by direct hand-off; never more than max_size connections, never fewer than min_size
/// once there, except while the server is lost; nothing is closed for idleness at the minimum; nobody gets a
/// connection known to be dead. The basis is the CMAP specification; where it and "no churn" disagree, no
/// churn wins.
class PoolState {
 public:
  /// Whether the idle connection in a slot is fit to be handed out: a look that does not block.
  using IsAlive = std::function<bool(Slot)>;

  PoolState(PoolOptions options, IsAlive is_alive, PoolObserver* observer = nullptr);

  /// Decides at once (true), or queues the waiter, which must then stay where it is until it appears among
  /// Actions::decided or is cancelled.
  bool check_out(Waiter& waiter, SteadyTime now, Actions& actions);
  /// False if it was decided meanwhile.
  bool cancel(Waiter& waiter, SteadyTime now);
  void check_in(Slot slot, Returned how, SteadyTime now, Actions& actions);

  void established(Slot slot, SteadyTime now, Actions& actions);
  /// `jitter` in [0, 1) spreads the pause before the next attempt.
  void establish_failed(Slot slot, const Error& why, double jitter, SteadyTime now, Actions& actions);
  void closed(Slot slot, SteadyTime now, Actions& actions);
  void checked(Slot slot, bool alive, SteadyTime now, Actions& actions);

  /// Starts or resumes work; nothing is created before.
  void ready(SteadyTime now, Actions& actions);
  /// CMAP: makes every connection stale, fails who waits and pauses. Idle ones are closed by maintain().
  void clear(bool interrupt_in_use, SteadyTime now, Actions& actions);
  /// The server cannot be reached: nothing is handed out, made or refilled until server_found().
  void server_lost(std::string why, SteadyTime now);
  /// Every idle connection is checked before it is handed out again. Connecting is tried at once, unless the
  /// server had refused the credentials.
  void server_found(SteadyTime now, Actions& actions);
  /// Fails who waits and closes what is idle; what is in use is closed when it comes back.
  void close(SteadyTime now, Actions& actions);
  /// The last resort on a close.
  void interrupt_in_use(Actions& actions);

  /// Fails who has waited too long.
  void expire(SteadyTime now, Actions& actions);
  /// Sweeps, reaps, checks, refills, reports leases held too long.
  void maintain(SteadyTime now, Actions& actions);
  /// When expire() has something to do next.
  SteadyTime next_deadline();
  /// When expire() or maintain() have.
  SteadyTime next_due();
  /// True once after something came up that is due before the last of the two said.
  bool take_wake_up() { return std::exchange(wake_up_, false); }

  PoolCounts counts() const;
  const PoolTotals& totals() const { return totals_; }
  const PoolOptions& options() const { return options_; }
  enum class Phase { kPaused, kReady, kClosed };
  Phase phase() const { return phase_; }
  bool server_is_lost() const { return lost_since_.has_value(); }
  /// The minimum is open, every one of it answered.
  bool has_minimum() const { return serving() && idle_.size() + in_use_ >= options_.min_size; }
  /// Nothing is open and the last attempt to connect failed.
  bool cannot_connect() const { return failures_ > 0 && idle_.empty() && in_use_ == 0; }
  /// The server refused the credentials when connecting was last tried.
  bool is_turned_away() const { return turned_away_; }
  /// Of the last attempt to connect, or why the server is lost; may be old.
  const std::string& last_error() const { return last_error_; }
  /// Why there is no connection right now, or fewer than wanted.
  std::string situation(SteadyTime now) const;
  /// Connections are still being closed.
  bool is_closing() const { return closing_ > 0; }
  std::uint32_t generation() const { return generation_; }
  SteadyTime oldest_wait() const { return first_ != nullptr ? first_->since : SteadyTime::max(); }
  std::optional<SteadyTime> below_min_since() const { return below_min_since_; }
  /// The connection's number, from 1.
  std::uint64_t connection(Slot slot) const { return entries_[slot].id; }

  struct Holder {
    LeaseTag tag;
    SteadyTime since;
    bool overdue;
  };
  PoolUsage usage(SteadyTime now) const;
  /// Leases, the oldest first.
  std::vector<Holder> holders() const;

 private:
  enum class Stage { kFree, kPending, kIdle, kChecking, kInUse, kClosing };
  struct Entry {
    Stage stage = Stage::kFree;
    std::uint64_t id = 0;
    std::uint32_t generation = 0;
    CreateCause cause{};
    bool suspect = false;  ///< idle since before the server was lost
    bool overdue = false;
    SteadyTime since;    ///< since when in use, or being made
    SteadyTime used;     ///< when it was last given back, or made
    SteadyTime checked;  ///< when it last answered
    LeaseTag tag;
  };

  std::string overdue_places() const;
  std::optional<Slot> take_idle(SteadyTime now, Actions& actions);
  void give(Waiter& waiter, Slot slot, AcquireOutcome outcome, SteadyTime now);
  void refuse(Waiter& waiter, AcquireOutcome outcome, std::string reason, SteadyTime now);
  void refuse_all(AcquireOutcome outcome, std::size_t spare, const std::string& reason, SteadyTime now,
                  Actions& actions);
  void offer(Slot slot, AcquireOutcome outcome, SteadyTime now, Actions& actions);
  void make_idle(Slot slot);
  void start_closing(Slot slot, CloseReason reason, Actions& actions);
  void plan(SteadyTime now, Actions& actions);
  void check_suspects(SteadyTime now, Actions& actions);
  void start_check(std::size_t idle_at, SteadyTime now, Actions& actions);
  void sweep(SteadyTime now, Actions& actions);
  void reap(SteadyTime now, Actions& actions);
  void keep_alive(SteadyTime now, Actions& actions);
  void interrupt(Slot slot, Actions& actions);
  SteadyTime next_overdue() const;
  void report_overdue(SteadyTime now, Actions& actions);
  bool expired(const Entry& entry, SteadyTime now) const;
  bool serving() const { return phase_ == Phase::kReady && !lost_since_; }
  std::size_t total() const { return idle_.size() + in_use_ + pending_ + checking_; }
  std::size_t taken() const { return total() + closing_; }
  std::size_t connecting() const { return pending_ + checking_; }
  std::chrono::milliseconds allowed_of(const LeaseTag& tag) const;
  void queue(Waiter& waiter);
  void unqueue(Waiter& waiter);
  void due_by(SteadyTime at);
  void note_size(SteadyTime now);
  void note_level(SteadyTime now);
  bool wants_more() const;
  void emit(PoolEvent event) {
    if (observer_ != nullptr) observer_->on_event(event);
  }

  const PoolOptions options_;
  const IsAlive is_alive_;
  PoolObserver* const observer_;
  Phase phase_ = Phase::kPaused;
  std::uint32_t generation_ = 0;
  std::uint64_t last_id_ = 0;
  std::vector<Entry> entries_;
  std::vector<Slot> free_;
  std::vector<Slot> idle_;  ///< in the order of `used`; the back is handed out first
  std::size_t in_use_ = 0, pending_ = 0, checking_ = 0, closing_ = 0, overdue_ = 0, waiting_ = 0;
  std::size_t suspects_ = 0;  ///< among idle_
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  bool was_full_ = false;  ///< the minimum was reached once
  std::optional<SteadyTime> lost_since_;
  std::string last_error_;
  std::uint32_t failures_ = 0;  ///< in a row
  bool turned_away_ = false;    ///< the last of them for its credentials
  SteadyTime connect_after_;
  SteadyTime swept_;
  SteadyTime promised_ = SteadyTime::max();  ///< what next_deadline() or next_due() said
  bool wake_up_ = false;
  std::optional<SteadyTime> below_min_since_;
  PoolTotals totals_;
  std::vector<std::chrono::duration<double>> time_in_use_;  ///< as PoolUsage has it
  std::optional<SteadyTime> level_since_;                   ///< from the first lease on
};

}  // namespace wellspring::mongo
