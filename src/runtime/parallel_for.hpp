#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <latch>

#include "base/mutex.hpp"

namespace wellspring::runtime {

/// Calls `work(i)` for every i below `count`, on the pool and on the calling thread together, and returns
/// when all are done. The first exception is rethrown. Not for use from a thread of the pool itself.
inline void parallel_for(boost::asio::thread_pool& pool, std::size_t helpers, std::size_t count,
                         const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  Mutex mutex;
  std::exception_ptr failure;
  const auto drain = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (const std::exception&) {
      next = count;
      const MutexLock lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::latch done(static_cast<std::ptrdiff_t>(helpers));
  for (std::size_t i = 0; i < helpers; ++i) {
    boost::asio::post(pool, [&] {
      drain();
      done.count_down();
    });
  }
  drain();
  done.wait();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace wellspring::runtime
