#include "mongo/pool.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <semaphore>

#include "base/assert.hpp"

namespace wellspring::mongo {
namespace {

ErrorKind kind_of(AcquireOutcome outcome) {
  switch (outcome) {
    case AcquireOutcome::kTimeout:
      return ErrorKind::kDeadline;
    case AcquireOutcome::kCancelled:
    case AcquireOutcome::kClosed:
      return ErrorKind::kCancelled;
    default:
      return ErrorKind::kUnavailable;
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014), enough to spread pauses.
double next_fraction(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

bool empty(const Actions& actions) {
  return actions.decided.empty() && actions.interrupt.empty() && actions.close.empty() &&
         actions.establish.empty() && actions.check.empty() && actions.overdue.empty();
}

}  // namespace

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    give_back();
    pool_ = std::exchange(other.pool_, nullptr);
    slot_ = other.slot_;
    how_ = other.how_;
  }
  return *this;
}

void Lease::give_back() {
  if (Pool* const pool = std::exchange(pool_, nullptr)) pool->check_in(slot_, how_);
}

Pool::Pool(PoolOptions options, Parts parts)
    : name_(options.name),
      factory_(parts.factory),
      clock_(parts.clock),
      keeper_(parts.keeper),
      spawn_(std::move(parts.spawn)),
      on_overdue_(std::move(parts.on_overdue)),
      maintain_(parts.maintain),
      state_(
          std::move(options), [this](Slot slot) { return factory_.is_alive(slot); }, parts.observer) {
  if (keeper_ != nullptr) keeper_->add(*this);
}

Pool::~Pool() {
  if (keeper_ != nullptr) keeper_->remove(*this);
  const MutexLock lock(mutex_);
  WELLSPRING_ASSERT(all_home(), "a pool is closed before it dies");
}

template <class Transition>
void Pool::step(const Transition& transition) {
  Actions actions;
  bool wake_keeper = false;
  {
    const MutexLock lock(mutex_);
    transition(state_, clock_.steady(), actions);
    wake_keeper = state_.take_wake_up();
    if (all_home()) came_home_.notify_all();
    const bool is_warm = state_.has_minimum();
    if (!std::exchange(was_warm_, is_warm) && is_warm) warmed_.notify_all();
  }
  carry_out(actions, wake_keeper);
}

bool Pool::check_out(Client& client) {
  bool decided = false;
  step([&](PoolState& state, SteadyTime now, Actions& actions) {
    decided = state.check_out(client, now, actions);
  });
  return decided;
}

void Pool::check_in(Slot slot, Returned how) {
  step([&](PoolState& state, SteadyTime now, Actions& actions) { state.check_in(slot, how, now, actions); });
}

Result<Lease> Pool::result_of(Client& client) {
  if (has_connection(client.outcome)) return Lease(*this, client.slot);
  return fail(
      kind_of(client.outcome),
      fmt::format(
          "acquiring a connection of pool '{}': gave up after {} ms: {}", name_,
          std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - client.since).count(),
          client.reason),
      name_);
}

Pool::Client::Client(LeaseTag of) : Waiter(std::move(of)) {
  thread_local const int this_thread = ::gettid();
  tag.thread = this_thread;
}

Result<Lease> Pool::acquire(LeaseTag tag, SteadyTime deadline) {
  struct ThreadClient final : Client {
    using Client::Client;
    void tell() override { told.release(); }
    std::binary_semaphore told{0};
  };
  ThreadClient client(std::move(tag));
  client.deadline = deadline;
  if (!check_out(client)) client.told.acquire();
  return result_of(client);
}

void Pool::carry_out(const Actions& actions, bool wake_keeper) {
  if (wake_keeper && keeper_ != nullptr) keeper_->wake();
  if (empty(actions)) return;
  for (Waiter* const waiter : actions.decided) static_cast<Client*>(waiter)->tell();
  for (const Actions::Interrupt& one : actions.interrupt) factory_.interrupt(one.slot, one.connection);
  for (const Actions::Close& close : actions.close) {
    factory_.close(close.slot, close.reason);
    step([&](PoolState& state, SteadyTime now, Actions& more) { state.closed(close.slot, now, more); });
  }
  for (const Slot slot : actions.establish) spawn_([this, slot] { establish(slot); });
  for (const Slot slot : actions.check) spawn_([this, slot] { check(slot); });
  if (!on_overdue_) return;
  for (const Actions::Overdue& overdue : actions.overdue) on_overdue_(overdue);
}

void Pool::establish(Slot slot) {
  std::uint64_t connection = 0;
  {
    const MutexLock lock(mutex_);
    connection = state_.connection(slot);
  }
  auto made = factory_.establish(slot, connection);
  step([&](PoolState& state, SteadyTime now, Actions& actions) WELLSPRING_REQUIRES(mutex_) {
    if (made) {
      state.established(slot, now, actions);
    } else {
      state.establish_failed(slot, made.error(), next_fraction(random_), now, actions);
    }
  });
}

void Pool::check(Slot slot) {
  const bool alive = factory_.ping(slot);
  step([&](PoolState& state, SteadyTime now, Actions& actions) { state.checked(slot, alive, now, actions); });
}

void Pool::ready() {
  step([](PoolState& state, SteadyTime now, Actions& actions) { state.ready(now, actions); });
}

void Pool::clear(bool interrupt_in_use) {
  step([&](PoolState& state, SteadyTime now, Actions& actions) {
    state.clear(interrupt_in_use, now, actions);
  });
}

void Pool::server_lost(std::string why) {
  step([&](PoolState& state, SteadyTime now, Actions&) { state.server_lost(std::move(why), now); });
}

void Pool::server_found() {
  step([](PoolState& state, SteadyTime now, Actions& actions) { state.server_found(now, actions); });
}

SteadyTime Pool::tend(SteadyTime now) {
  SteadyTime due;
  step([&](PoolState& state, SteadyTime, Actions& actions) {
    state.expire(now, actions);
    if (maintain_) state.maintain(now, actions);
    due = maintain_ ? state.next_due() : state.next_deadline();
  });
  return due;
}

bool Pool::all_home() const {
  return state_.phase() == PoolState::Phase::kClosed && state_.counts().total() == 0 && !state_.is_closing();
}

bool Pool::close(std::chrono::milliseconds drain, std::chrono::milliseconds cut) {
  step([](PoolState& state, SteadyTime now, Actions& actions) { state.close(now, actions); });
  warmed_.notify_all();
  const auto wait_until = [this](SteadyTime limit) {
    const MutexLock lock(mutex_);
    for (SteadyTime now = clock_.steady(); !all_home() && now < limit; now = clock_.steady())
      came_home_.wait_for(mutex_, limit - now);
    return all_home();
  };
  if (wait_until(clock_.steady() + drain)) return true;
  step([](PoolState& state, SteadyTime, Actions& actions) { state.interrupt_in_use(actions); });
  return wait_until(clock_.steady() + cut);
}

Result<void> Pool::wait_warm(SteadyTime until) {
  const MutexLock lock(mutex_);
  for (SteadyTime now = clock_.steady(); !state_.has_minimum(); now = clock_.steady()) {
    if (now >= until || state_.phase() == PoolState::Phase::kClosed) {
      return fail(ErrorKind::kUnavailable,
                  fmt::format("pool '{}' wants {} connections: {}", name_, state_.options().min_size,
                              state_.situation(now)),
                  name_);
    }
    warmed_.wait_for(mutex_, std::min<SteadyTime::duration>(until - now, std::chrono::hours{1}));
  }
  return {};
}

std::optional<Pool::Refusal> Pool::refusal() const {
  const MutexLock lock(mutex_);
  if (!state_.is_turned_away() && !state_.cannot_connect()) return std::nullopt;
  return Refusal{state_.is_turned_away(), state_.last_error()};
}

PoolReport Pool::report() const {
  const SteadyTime now = clock_.steady();
  const auto since = [now](SteadyTime start) {
    return start >= now ? std::chrono::milliseconds{0}
                        : std::chrono::duration_cast<std::chrono::milliseconds>(now - start);
  };
  const MutexLock lock(mutex_);
  const std::vector<PoolState::Holder> holders = state_.holders();
  return {.options = state_.options(),
          .counts = state_.counts(),
          .totals = state_.totals(),
          .phase = state_.phase(),
          .server_is_lost = state_.server_is_lost(),
          .generation = state_.generation(),
          .oldest_wait = since(state_.oldest_wait()),
          .oldest_lease = holders.empty() ? std::chrono::milliseconds{0} : since(holders.front().since),
          .below_min = since(state_.below_min_since().value_or(SteadyTime::max())),
          .last_error = state_.last_error(),
          .holders = holders,
          .usage = state_.usage(now)};
}

}  // namespace wellspring::mongo
