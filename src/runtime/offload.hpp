#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert/source_location.hpp>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "runtime/lane.hpp"

namespace wellspring::runtime {
namespace detail {

template <class Work>
auto outcome_of(Work& work) -> std::invoke_result_t<Work&> {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return fail(ErrorKind::kBug, std::string("unexpected exception in offloaded work: ") + thrown.what());
  }
}

/// The coroutine's end of offloaded work; complete() resumes it on its own executor.
template <class Work, class Handler>
class Offloaded {
 public:
  Offloaded(Work work, Handler handler)
      : work_(std::move(work)),
        guard_(boost::asio::make_work_guard(boost::asio::get_associated_executor(handler))),
        handler_(std::move(handler)) {}
  void run() { complete(outcome_of(work_)); }
  void complete(std::invoke_result_t<Work&> outcome) {
    const auto executor = guard_.get_executor();
    boost::asio::dispatch(executor, [handler = std::move(handler_), outcome = std::move(outcome)]() mutable {
      std::move(handler)(std::move(outcome));
    });
  }

 private:
  Work work_;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> guard_;
  Handler handler_;
};

}  // namespace detail

/// The only bridge from coroutines to threads that block or compute: runs `work` (a callable that returns a
/// Result<T>) on `pool` and resumes the caller on its own executor. An exception from `work` becomes kBug.
/// `work` cannot be interrupted: cancelling the caller abandons nothing, the wait goes on until it returns.
template <class Pool, class Work>
auto offload(Pool& pool, Work work) -> boost::asio::awaitable<std::invoke_result_t<Work&>> {
  using Outcome = std::invoke_result_t<Work&>;
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
      [&pool, &work](auto handler) {
        boost::asio::post(pool, [offloaded = detail::Offloaded(
                                     std::move(work), std::move(handler))]() mutable { offloaded.run(); });
      },
      boost::asio::use_awaitable);
}

/// The same through a lane; without a way in the outcome is the lane's error and `work` does not run.
template <class Work>
auto offload(Lane& lane, Work work, boost::source_location site = BOOST_CURRENT_LOCATION)
    -> boost::asio::awaitable<std::invoke_result_t<Work&>> {
  using Outcome = std::invoke_result_t<Work&>;
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
      [&lane, &work, site](auto handler) {
        // Shared, as a std::function has to be copyable.
        const auto offloaded =
            std::make_shared<detail::Offloaded<Work, decltype(handler)>>(std::move(work), std::move(handler));
        lane.enter(
            [offloaded](const Result<void>& entered) {
              if (entered) {
                offloaded->run();
              } else {
                offloaded->complete(entered.error());
              }
            },
            site);
      },
      boost::asio::use_awaitable);
}

}  // namespace wellspring::runtime
