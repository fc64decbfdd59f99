#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace wellspring::llm {

/// Lets `permits` callers through at a time; at most `waiting_max` more wait, first come first served. Lives
/// on one thread (the io executor's).
class ConcurrencyGate {
  struct Waiter;
  /// Shared with permits and waiters: a suspended coroutine that holds one may be destroyed after the gate.
  struct Slots {
    void release();
    std::size_t free = 0;
    std::deque<Waiter*> waiters;
  };

 public:
  class Permit {
   public:
    explicit Permit(std::shared_ptr<Slots> slots) : slots_(std::move(slots)) {}
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (slots_ != nullptr) slots_->release();
    }

   private:
    std::shared_ptr<Slots> slots_;
  };

  ConcurrencyGate(std::size_t permits, std::size_t waiting_max);

  /// Errors: kOverloaded when the queue is full, kDeadline, kCancelled.
  boost::asio::awaitable<Result<Permit>> acquire(Deadline deadline);

 private:
  std::shared_ptr<Slots> slots_;
  std::size_t waiting_max_;
};

}  // namespace wellspring::llm
