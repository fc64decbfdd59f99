#include "llm/concurrency_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace wellspring::llm {

namespace asio = boost::asio;

/// Lives in the waiting coroutine's frame, so that a frame that is destroyed leaves no trace in the queue.
struct ConcurrencyGate::Waiter {
  Waiter(std::shared_ptr<Slots> queue, asio::steady_timer& wake) : slots(std::move(queue)), timer(wake) {
    slots->waiters.push_back(this);
  }
  ~Waiter() {
    if (!granted) {
      std::erase(slots->waiters, this);
    } else if (!taken) {
      slots->release();
    }
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  std::shared_ptr<Slots> slots;
  asio::steady_timer& timer;
  bool granted = false;
  bool taken = false;
};

void ConcurrencyGate::Slots::release() {
  if (waiters.empty()) {
    ++free;
    return;
  }
  Waiter* next = waiters.front();
  waiters.pop_front();
  next->granted = true;
  next->timer.cancel();
}

ConcurrencyGate::ConcurrencyGate(std::size_t permits, std::size_t waiting_max)
    : slots_(std::make_shared<Slots>()), waiting_max_(waiting_max) {
  slots_->free = permits;
}

asio::awaitable<Result<ConcurrencyGate::Permit>> ConcurrencyGate::acquire(Deadline deadline) {
  if (slots_->free > 0) {
    --slots_->free;
    co_return Permit(slots_);
  }
  if (slots_->waiters.size() >= waiting_max_) {
    co_return fail(ErrorKind::kOverloaded,
                   fmt::format("language model: all calls in use and {} of {} waiting; try again later",
                               slots_->waiters.size(), waiting_max_));
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline.at());
  Waiter waiter(slots_, timer);
  const auto [woken] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (waiter.granted) {
    waiter.taken = true;
    co_return Permit(waiter.slots);
  }
  if (woken)
    co_return fail(ErrorKind::kCancelled, "language model: the caller went away while waiting for its turn");
  co_return fail(ErrorKind::kDeadline,
                 "language model: no turn within the time allowed; allow more calls at a time");
}

}  // namespace wellspring::llm
