#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace wellspring::llm {

/// Lets `permits` callers through at a time; at most `waiting_max` more wait, first come first served. Lives
/// on one thread (the io executor's) and outlives its permits and waiters.
class ConcurrencyGate {
 public:
  class Permit {
   public:
    explicit Permit(ConcurrencyGate& gate) : gate_(&gate) {}
    Permit(Permit&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (gate_ != nullptr) gate_->release();
    }

   private:
    ConcurrencyGate* gate_;
  };

  ConcurrencyGate(std::size_t permits, std::size_t waiting_max) : free_(permits), waiting_max_(waiting_max) {}
  ConcurrencyGate(const ConcurrencyGate&) = delete;
  ConcurrencyGate& operator=(const ConcurrencyGate&) = delete;

  /// Errors: kOverloaded when the queue is full, kDeadline, kCancelled.
  boost::asio::awaitable<Result<Permit>> acquire(Deadline deadline);
  std::size_t waiting() const { return waiters_.size(); }

 private:
  struct Waiter;
  void release();

  std::size_t free_;
  std::size_t waiting_max_;
  std::deque<Waiter*> waiters_;
};

}  // namespace wellspring::llm
