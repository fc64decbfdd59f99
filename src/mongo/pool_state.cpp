#include "mongo/pool_state.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"

namespace wellspring::mongo {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

microseconds between(SteadyTime from, SteadyTime to) {
  return duration_cast<microseconds>(to - from);
}

CloseReason reason_of(Returned how) {
  switch (how) {
    case Returned::kTimeout:
      return CloseReason::kTimeout;
    case Returned::kDirty:
      return CloseReason::kDirty;
    default:
      return CloseReason::kError;
  }
}

/// Full jitter over the upper half: from half the doubled pause to all of it.
milliseconds pause(const PoolOptions& options, std::uint32_t failures, double jitter) {
  const auto doubled = options.retry_first * (1U << std::min(failures, 16U));
  const auto whole = std::min(doubled, options.retry_max);
  return duration_cast<milliseconds>(whole * (0.5 + jitter / 2));
}

}  // namespace

PoolState::PoolState(PoolOptions options, IsAlive is_alive, PoolObserver* observer)
    : options_(std::move(options)),
      is_alive_(std::move(is_alive)),
      observer_(observer),
      entries_(options_.max_size),
      time_in_use_(options_.max_size + 1) {
  for (std::size_t slot = options_.max_size; slot > 0; --slot) free_.push_back(static_cast<Slot>(slot - 1));
  idle_.reserve(options_.max_size);
  emit({.type = PoolEventType::kConnectionPoolCreated});
}

// --- how it is used ---

void PoolState::note_level(SteadyTime now) {
  if (level_since_) time_in_use_[in_use_] += now - *level_since_;
  level_since_ = now;
}

PoolUsage PoolState::usage(SteadyTime now) const {
  const auto of = [this](AcquireOutcome outcome) {
    return totals_.acquired[static_cast<std::size_t>(outcome)];
  };
  PoolUsage usage{
      .time_in_use = time_in_use_,
      .acquired = of(AcquireOutcome::kImmediate) + of(AcquireOutcome::kWaited) + of(AcquireOutcome::kCreated),
      .waited = of(AcquireOutcome::kWaited) + of(AcquireOutcome::kCreated),
      .timed_out = of(AcquireOutcome::kTimeout)};
  if (level_since_) usage.time_in_use[in_use_] += now - *level_since_;
  return usage;
}

// --- who wants a connection ---

bool PoolState::check_out(Waiter& waiter, SteadyTime now, Actions& actions) {
  ++totals_.acquires;
  emit({.type = PoolEventType::kConnectionCheckOutStarted});
  waiter.since = now;
  if (options_.wait_limit.count() > 0) waiter.deadline = std::min(waiter.deadline, now + options_.wait_limit);
  if (phase_ == Phase::kClosed) {
    refuse(waiter, AcquireOutcome::kClosed, "the pool is closed", now);
    return true;
  }
  if (phase_ == Phase::kPaused) {
    refuse(waiter, AcquireOutcome::kCleared, "the pool is paused", now);
    return true;
  }
  if (lost_since_ && now - *lost_since_ > options_.lost_limit) {
    refuse(waiter, AcquireOutcome::kConnectError, situation(now), now);
    return true;
  }
  if (serving() && first_ == nullptr) {
    if (const auto slot = take_idle(now, actions)) {
      give(waiter, *slot, AcquireOutcome::kImmediate, now);
      if (!actions.close.empty()) plan(now, actions);
      return true;
    }
  }
  if (waiter.deadline <= now) {
    plan(now, actions);
    refuse(waiter, AcquireOutcome::kTimeout, situation(now), now);
    return true;
  }
  queue(waiter);
  plan(now, actions);
  return false;
}

bool PoolState::cancel(Waiter& waiter, SteadyTime now) {
  if (!waiter.queued) return false;
  unqueue(waiter);
  refuse(waiter, AcquireOutcome::kCancelled, "the caller went away", now);
  return true;
}

void PoolState::check_in(Slot slot, Returned how, SteadyTime now, Actions& actions) {
  Entry& entry = entries_[slot];
  WELLSPRING_ASSERT(entry.stage == Stage::kInUse, "a connection is given back once");
  note_level(now);
  --in_use_;
  totals_.lease_held.observe(now - entry.since);
  entry.used = now;
  emit({.type = PoolEventType::kConnectionCheckedIn, .connection = entry.id});
  if (entry.overdue) {
    entry.overdue = false;
    --overdue_;
    ++totals_.leaks_recovered;
    actions.overdue.push_back({entry.tag, duration_cast<milliseconds>(now - entry.since), true});
  }
  if (how == Returned::kDirty) ++totals_.dirty_returns;
  if (how != Returned::kClean) {
    start_closing(slot, reason_of(how), actions);
  } else {
    offer(slot, AcquireOutcome::kWaited, now, actions);
  }
  plan(now, actions);
}

/// Gives an open connection to the first in the queue, or puts it aside.
void PoolState::offer(Slot slot, AcquireOutcome outcome, SteadyTime now, Actions& actions) {
  if (phase_ == Phase::kClosed) return start_closing(slot, CloseReason::kPoolClosed, actions);
  if (entries_[slot].generation != generation_) return start_closing(slot, CloseReason::kStale, actions);
  if (!serving() || first_ == nullptr) return make_idle(slot);
  if (!is_alive_(slot)) return start_closing(slot, CloseReason::kDead, actions);
  Waiter& waiter = *first_;
  unqueue(waiter);
  give(waiter, slot, outcome, now);
  actions.decided.push_back(&waiter);
}

void PoolState::give(Waiter& waiter, Slot slot, AcquireOutcome outcome, SteadyTime now) {
  Entry& entry = entries_[slot];
  entry.stage = Stage::kInUse;
  entry.since = now;
  entry.tag = std::move(waiter.tag);
  note_level(now);
  ++in_use_;
  if (const milliseconds allowed = allowed_of(entry.tag); allowed.count() > 0) due_by(now + allowed);
  waiter.outcome = outcome;
  waiter.slot = slot;
  totals_.acquire_wait.observe(now - waiter.since);
  ++totals_.acquired[static_cast<std::size_t>(outcome)];
  emit({.type = PoolEventType::kConnectionCheckedOut,
        .connection = entry.id,
        .duration = between(waiter.since, now)});
}

void PoolState::refuse(Waiter& waiter, AcquireOutcome outcome, std::string reason, SteadyTime now) {
  waiter.outcome = outcome;
  waiter.reason = std::move(reason);
  ++totals_.acquired[static_cast<std::size_t>(outcome)];
  emit({.type = PoolEventType::kConnectionCheckOutFailed,
        .outcome = outcome,
        .duration = between(waiter.since, now)});
}

/// The first `spare` stay: connections are being made for them, and how that ends decides.
void PoolState::refuse_all(AcquireOutcome outcome, std::size_t spare, const std::string& reason,
                           SteadyTime now, Actions& actions) {
  Waiter* waiter = first_;
  for (; waiter != nullptr && spare > 0; --spare) waiter = waiter->next;
  while (waiter != nullptr) {
    Waiter* const next = waiter->next;
    unqueue(*waiter);
    refuse(*waiter, outcome, reason, now);
    actions.decided.push_back(waiter);
    waiter = next;
  }
}

void PoolState::queue(Waiter& waiter) {
  waiter.queued = true;
  waiter.previous = last_;
  waiter.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &waiter;
  last_ = &waiter;
  ++waiting_;
  due_by(waiter.deadline);
}

void PoolState::unqueue(Waiter& waiter) {
  waiter.queued = false;
  (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
  --waiting_;
}

// --- connections ---

bool PoolState::expired(const Entry& entry, SteadyTime now) const {
  return options_.idle_limit.count() > 0 && now - entry.used > options_.idle_limit &&
         total() > options_.min_size;
}

/// The most recently used one that may be handed out; what is found unfit on the way is closed.
std::optional<Slot> PoolState::take_idle(SteadyTime now, Actions& actions) {
  for (std::size_t at = idle_.size(); at > 0; --at) {
    const Slot slot = idle_[at - 1];
    const Entry& entry = entries_[slot];
    if (entry.suspect) continue;
    const bool stale = entry.generation != generation_;
    const bool too_old = !stale && expired(entry, now);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(at - 1));
    if (!stale && !too_old && is_alive_(slot)) return slot;
    start_closing(slot,
                  stale     ? CloseReason::kStale
                  : too_old ? CloseReason::kIdle
                            : CloseReason::kDead,
                  actions);
  }
  return std::nullopt;
}

void PoolState::make_idle(Slot slot) {
  Entry& entry = entries_[slot];
  entry.stage = Stage::kIdle;
  entry.suspect = lost_since_.has_value();
  if (entry.suspect) ++suspects_;
  const auto later = std::find_if(idle_.rbegin(), idle_.rend(),
                                  [&](Slot other) { return entries_[other].used <= entry.used; });
  idle_.insert(later.base(), slot);
}

/// The slot is in no list any more.
void PoolState::start_closing(Slot slot, CloseReason reason, Actions& actions) {
  Entry& entry = entries_[slot];
  entry.stage = Stage::kClosing;
  ++closing_;
  ++totals_.closed[static_cast<std::size_t>(reason)];
  emit({.type = PoolEventType::kConnectionClosed, .connection = entry.id, .close_reason = reason});
  actions.close.push_back({slot, reason});
}

void PoolState::closed(Slot slot, SteadyTime now, Actions& actions) {
  WELLSPRING_ASSERT(entries_[slot].stage == Stage::kClosing, "only what is being closed becomes closed");
  entries_[slot] = Entry{};
  free_.push_back(slot);
  --closing_;
  plan(now, actions);
}

void PoolState::established(Slot slot, SteadyTime now, Actions& actions) {
  Entry& entry = entries_[slot];
  WELLSPRING_ASSERT(entry.stage == Stage::kPending, "only what is being made becomes ready");
  --pending_;
  entry.used = now;
  entry.checked = now;
  emit({.type = PoolEventType::kConnectionReady,
        .connection = entry.id,
        .duration = between(entry.since, now)});
  if (entry.generation == generation_) failures_ = 0;
  turned_away_ = false;
  offer(slot, AcquireOutcome::kCreated, now, actions);
  if (phase_ == Phase::kPaused && first_ != nullptr) {
    Waiter& waiter = *first_;
    unqueue(waiter);
    refuse(waiter, AcquireOutcome::kConnectError, "the pool was cleared while connecting", now);
    actions.decided.push_back(&waiter);
  }
  plan(now, actions);
}

void PoolState::establish_failed(Slot slot, const Error& why, double jitter, SteadyTime now,
                                 Actions& actions) {
  Entry& entry = entries_[slot];
  WELLSPRING_ASSERT(entry.stage == Stage::kPending, "only what is being made can fail to be");
  --pending_;
  ++totals_.connect_failures;
  ++totals_.closed[static_cast<std::size_t>(CloseReason::kError)];
  emit({.type = PoolEventType::kConnectionClosed,
        .connection = entry.id,
        .close_reason = CloseReason::kError});
  entry = Entry{};
  free_.push_back(slot);
  last_error_ = why.message;
  turned_away_ = why.kind == ErrorKind::kUnauthenticated;
  connect_after_ = now + pause(options_, failures_++, jitter);
  const bool decides =
      options_.on_connect_failure == ConnectFailure::kFailOldestWaiter || phase_ != Phase::kReady;
  if (decides && first_ != nullptr) {
    Waiter& waiter = *first_;
    unqueue(waiter);
    refuse(waiter, AcquireOutcome::kConnectError, "cannot connect: " + last_error_, now);
    actions.decided.push_back(&waiter);
  }
  plan(now, actions);
}

/// A pure question of numbers: a connection is made for a waiter nothing is on its way to, and up to the
/// minimum.
bool PoolState::wants_more() const {
  const std::size_t coming = pending_ + checking_ + suspects_;
  return waiting_ > coming || total() < options_.min_size;
}

void PoolState::plan(SteadyTime now, Actions& actions) {
  note_size(now);
  if (!serving()) return;
  check_suspects(now, actions);
  while (wants_more() && taken() < options_.max_size && connecting() < options_.connecting_max) {
    if (now < connect_after_) return due_by(connect_after_);
    const bool below = total() < options_.min_size;
    const CreateCause cause = !below      ? CreateCause::kDemand
                              : was_full_ ? CreateCause::kRefill
                                          : CreateCause::kWarmup;
    const Slot slot = free_.back();
    free_.pop_back();
    Entry& entry = entries_[slot];
    entry.stage = Stage::kPending;
    entry.id = ++last_id_;
    entry.generation = generation_;
    entry.cause = cause;
    entry.since = now;
    ++pending_;
    ++totals_.created[static_cast<std::size_t>(cause)];
    emit({.type = PoolEventType::kConnectionCreated, .connection = entry.id});
    actions.establish.push_back(slot);
  }
  note_size(now);
}

void PoolState::note_size(SteadyTime now) {
  if (total() - pending_ >= options_.min_size) {
    was_full_ = true;
    below_min_since_.reset();
  } else if (phase_ == Phase::kReady && !below_min_since_) {
    below_min_since_ = now;
  }
  if (taken() > 0) due_by(swept_ + options_.sweep_every);
}

// --- the server ---

void PoolState::ready(SteadyTime now, Actions& actions) {
  if (phase_ != Phase::kPaused) return;
  phase_ = Phase::kReady;
  connect_after_ = now;
  emit({.type = PoolEventType::kConnectionPoolReady});
  plan(now, actions);
}

void PoolState::clear(bool interrupt_in_use, SteadyTime now, Actions& actions) {
  if (phase_ == Phase::kClosed) return;
  ++generation_;
  if (phase_ == Phase::kPaused) return;
  phase_ = Phase::kPaused;
  ++totals_.cleared;
  emit({.type = PoolEventType::kConnectionPoolCleared, .interrupts_in_use = interrupt_in_use});
  refuse_all(AcquireOutcome::kCleared, pending_, "the pool was cleared", now, actions);
  if (interrupt_in_use) {
    for (Slot slot = 0; slot < entries_.size(); ++slot) {
      const Stage stage = entries_[slot].stage;
      if (stage == Stage::kInUse || stage == Stage::kPending) interrupt(slot, actions);
    }
  }
  due_by(now);
}

void PoolState::server_lost(std::string why, SteadyTime now) {
  // A refusal makes libmongoc call the server unknown too.
  if (!turned_away_) last_error_ = std::move(why);
  if (lost_since_) return;
  lost_since_ = now;
  if (phase_ == Phase::kReady) ++totals_.lost;
  for (const Slot slot : idle_) entries_[slot].suspect = true;
  suspects_ = idle_.size();
}

void PoolState::server_found(SteadyTime now, Actions& actions) {
  if (!lost_since_) return;
  lost_since_.reset();
  if (!turned_away_) {
    failures_ = 0;
    connect_after_ = now;
  }
  plan(now, actions);
}

void PoolState::close(SteadyTime now, Actions& actions) {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  for (const Slot slot : std::exchange(idle_, {})) start_closing(slot, CloseReason::kPoolClosed, actions);
  suspects_ = 0;
  emit({.type = PoolEventType::kConnectionPoolClosed});
  refuse_all(AcquireOutcome::kClosed, 0, "the pool is closed", now, actions);
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    const Stage stage = entries_[slot].stage;
    if (stage == Stage::kPending || stage == Stage::kChecking) interrupt(slot, actions);
  }
}

void PoolState::interrupt(Slot slot, Actions& actions) {
  actions.interrupt.push_back({slot, entries_[slot].id});
}

void PoolState::interrupt_in_use(Actions& actions) {
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    if (entries_[slot].stage == Stage::kInUse) interrupt(slot, actions);
  }
}

}  // namespace wellspring::mongo
