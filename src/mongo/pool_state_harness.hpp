#pragma once

#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "mongo/pool_state.hpp"

namespace wellspring::mongo {

/// A PoolState whose actions are carried out by the test, at times of its own.
class StateHarness {
 public:
  explicit StateHarness(PoolOptions options, PoolObserver* observer = nullptr)
      : state(
            std::move(options), [this](Slot slot) { return !dead.contains(slot); }, observer) {}

  /// Runs a transition and keeps what there is to do.
  template <class Transition>
  void step(const Transition& transition) {
    Actions actions;
    transition(actions);
    for (Waiter* waiter : actions.decided) decided.push_back(waiter);
    for (const Slot slot : actions.establish) establishing.push_back(slot);
    for (const Slot slot : actions.check) checking.push_back(slot);
    for (const Actions::Interrupt& one : actions.interrupt) interrupted.push_back(one.slot);
    for (const Actions::Overdue& one : actions.overdue) overdue.push_back(one);
    for (const Actions::Close& one : actions.close) {
      closing.push_back(one.slot);
      reasons.push_back(one.reason);
      dead.erase(one.slot);
    }
    if (close_at_once) finish_closing();
  }
  void finish_closing() {
    while (!closing.empty()) {
      const Slot slot = closing.front();
      closing.pop_front();
      step([&](Actions& actions) { state.closed(slot, now, actions); });
    }
  }
  void establish_one() {
    const Slot slot = establishing.front();
    establishing.pop_front();
    step([&](Actions& actions) { state.established(slot, now, actions); });
  }
  void fail_one(const std::string& why = "refused", double jitter = 0) {
    const Slot slot = establishing.front();
    establishing.pop_front();
    step([&](Actions& actions) {
      state.establish_failed(slot, fail(ErrorKind::kUnavailable, why), jitter, now, actions);
    });
  }
  void establish_all() {
    while (!establishing.empty()) establish_one();
  }
  void check_one(bool alive) {
    const Slot slot = checking.front();
    checking.pop_front();
    step([&](Actions& actions) { state.checked(slot, alive, now, actions); });
  }
  void ready() {
    step([&](Actions& actions) { state.ready(now, actions); });
  }
  void tend() {
    step([&](Actions& actions) {
      state.expire(now, actions);
      state.maintain(now, actions);
    });
  }
  /// Lets time pass as a keeper would: stops wherever something is due.
  void pass(std::chrono::milliseconds time) {
    const SteadyTime until = now + time;
    for (SteadyTime due = state.next_due(); due <= until; due = state.next_due()) {
      now = std::max(now, due);
      tend();
    }
    now = until;
  }
  Waiter& ask(std::chrono::milliseconds patience = std::chrono::hours{1}) {
    waiters.push_back(std::make_unique<Waiter>(LeaseTag{}));
    Waiter& waiter = *waiters.back();
    waiter.deadline = now + patience;
    step([&](Actions& actions) {
      if (state.check_out(waiter, now, actions)) decided.push_back(&waiter);
    });
    return waiter;
  }
  /// The slot of one that is granted at once.
  Slot take() { return ask().slot; }
  void give(Slot slot, Returned how = Returned::kClean) {
    step([&](Actions& actions) { state.check_in(slot, how, now, actions); });
  }
  bool has(const Waiter& waiter) const {
    return std::find(decided.begin(), decided.end(), &waiter) != decided.end() &&
           has_connection(waiter.outcome);
  }
  bool is_refused(const Waiter& waiter) const {
    return std::find(decided.begin(), decided.end(), &waiter) != decided.end() &&
           !has_connection(waiter.outcome);
  }
  std::uint64_t created() const {
    const auto& by_cause = state.totals().created;
    return by_cause[0] + by_cause[1] + by_cause[2];
  }
  std::uint64_t closed() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t one : state.totals().closed) sum += one;
    return sum;
  }

  SteadyTime now{std::chrono::hours{1}};
  std::set<Slot> dead;
  PoolState state;
  bool close_at_once = true;
  std::vector<Waiter*> decided;
  std::deque<Slot> establishing, checking, closing;
  std::vector<Slot> interrupted;
  std::vector<CloseReason> reasons;
  std::vector<Actions::Overdue> overdue;
  std::vector<std::unique_ptr<Waiter>> waiters;
};

}  // namespace wellspring::mongo
