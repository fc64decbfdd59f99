#pragma once

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace wellspring::runtime {

struct SingleFlightOptions {
  std::chrono::milliseconds fresh_for{1'000};  ///< an outcome, also an error, serves for so long
  std::chrono::milliseconds limit{900};        ///< nobody waits longer, so that an answer fits into a second
};

/// One piece of work whose outcome many want at once: however many ask, it runs once at a time, and what it
/// gave serves everybody for a while. Lives on one executor; not thread-safe across executors. The work must
/// not outlive what it uses: it goes on after its askers gave up.
template <class T>
class SingleFlight {
 public:
  using Work = std::function<boost::asio::awaitable<Result<T>>()>;

  SingleFlight(boost::asio::io_context& io, const Clock& clock, const SingleFlightOptions& options, Work work)
      : state_(std::make_shared<State>(State{io, clock, options, std::move(work)})) {}

  /// Errors: those of the work; kDeadline when it takes longer than the limit.
  boost::asio::awaitable<Result<T>> get() {
    const std::shared_ptr<State> state = state_;
    if (state->is_fresh()) co_return *state->last;
    if (!state->flying) take_off(state);
    const std::uint64_t flight = state->flight;
    boost::asio::steady_timer waiting(state->io, state->options.limit);
    state->waiting.push_back(&waiting);
    co_await waiting.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    state->waiting.remove(&waiting);
    if (state->landed == flight) co_return *state->last;
    co_return fail(ErrorKind::kDeadline, "the store did not answer within " +
                                             std::to_string(state->options.limit.count()) +
                                             " ms; it is slow or its pool is exhausted");
  }

 private:
  struct State {
    boost::asio::io_context& io;
    const Clock& clock;
    const SingleFlightOptions options;
    const Work work;
    bool flying = false;
    std::uint64_t flight = 0;
    std::uint64_t landed = 0;
    std::optional<Result<T>> last{};
    SteadyTime landed_at{};
    std::list<boost::asio::steady_timer*> waiting{};

    bool is_fresh() const { return last && clock.steady() - landed_at < options.fresh_for; }
  };

  static boost::asio::awaitable<void> fly(std::shared_ptr<State> state) {
    Result<T> outcome = co_await state->work();
    state->last = std::move(outcome);
    state->landed = state->flight;
    state->landed_at = state->clock.steady();
    state->flying = false;
    for (boost::asio::steady_timer* waiting : state->waiting) waiting->cancel();
  }

  static void take_off(const std::shared_ptr<State>& state) {
    state->flying = true;
    ++state->flight;
    boost::asio::co_spawn(state->io, fly(state), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace wellspring::runtime
