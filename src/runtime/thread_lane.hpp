#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

#include "runtime/lane.hpp"

namespace wellspring::runtime {

/// The lane to a resource that is always there: its threads are all there is to wait for.
class ThreadLane final : public Lane {
 public:
  explicit ThreadLane(boost::asio::thread_pool& threads) : threads_(threads) {}
  void enter(Work work, boost::source_location /*site*/) override {
    boost::asio::post(threads_, [work = std::move(work)] { work(Result<void>{}); });
  }

 private:
  boost::asio::thread_pool& threads_;
};

}  // namespace wellspring::runtime
