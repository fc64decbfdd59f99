#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <type_traits>
#include <utility>

#include "base/result.hpp"

namespace wellspring::runtime {

/// The only bridge from coroutines to threads that block or compute: runs `work` (a callable that returns a
/// Result<T>) on `pool` and resumes the caller on its own executor. An exception from `work` becomes kBug.
/// `work` cannot be interrupted: cancelling the caller abandons nothing, the wait goes on until it returns.
template <class Pool, class Work>
auto offload(Pool& pool, Work work) -> boost::asio::awaitable<std::invoke_result_t<Work&>> {
  using Outcome = std::invoke_result_t<Work&>;
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
      [&pool, &work](auto handler) {
        auto resume_on = boost::asio::get_associated_executor(handler);
        boost::asio::post(pool, [work = std::move(work), handler = std::move(handler),
                                 guard = boost::asio::make_work_guard(resume_on)]() mutable {
          auto run = [&]() -> Outcome {
            try {
              return work();
            } catch (const std::exception& thrown) {
              return fail(ErrorKind::kBug,
                          std::string("unexpected exception in offloaded work: ") + thrown.what());
            }
          };
          auto executor = guard.get_executor();
          boost::asio::dispatch(executor, [handler = std::move(handler), outcome = run()]() mutable {
            std::move(handler)(std::move(outcome));
          });
        });
      },
      boost::asio::use_awaitable);
}

}  // namespace wellspring::runtime
