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
  Waiter(ConcurrencyGate& owner, asio::steady_timer& wake) : gate(owner), timer(wake) {
    gate.waiters_.push_back(this);
  }
  ~Waiter() {
    if (!granted) {
      std::erase(gate.waiters_, this);
    } else if (!taken) {
      gate.release();
    }
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  ConcurrencyGate& gate;
  asio::steady_timer& timer;
  bool granted = false;
  bool taken = false;
};

asio::awaitable<Result<ConcurrencyGate::Permit>> ConcurrencyGate::acquire(Deadline deadline) {
  if (free_ > 0) {
    --free_;
    co_return Permit(*this);
  }
  if (waiters_.size() >= waiting_max_) {
    co_return fail(ErrorKind::kOverloaded,
                   fmt::format("language model: all calls in use and {} of {} waiting; try again later",
                               waiters_.size(), waiting_max_));
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline.at());
  Waiter waiter(*this, timer);
  const auto [woken] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (waiter.granted) {
    waiter.taken = true;
    co_return Permit(*this);
  }
  if (woken)
    co_return fail(ErrorKind::kCancelled, "language model: the caller went away while waiting for its turn");
  co_return fail(ErrorKind::kDeadline,
                 "language model: no turn within the time allowed; allow more calls at a time");
}

void ConcurrencyGate::release() {
  if (waiters_.empty()) {
    ++free_;
    return;
  }
  Waiter* next = waiters_.front();
  waiters_.pop_front();
  next->granted = true;
  next->timer.cancel();
}

}  // namespace wellspring::llm
