#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "base/manual_clock.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "runtime/executors.hpp"
#include "store/memory_store.hpp"

namespace wellspring::sync {

/// Runs io on the test's thread until a condition holds, with a limit.
class IoHarness : public testing::Test {
 protected:
  bool run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    executors_.io().restart();
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      executors_.io().restart();
      executors_.io().run_one_for(std::chrono::milliseconds{20});
    }
    return true;
  }
  /// Starts `work` on io; the returned place holds its result once it ended.
  template <class T>
  std::shared_ptr<std::optional<T>> start(boost::asio::awaitable<T> work) {
    auto place = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(executors_.io(), std::move(work),
                          [place](const std::exception_ptr& thrown, T value) {
                            if (!thrown) *place = std::move(value);
                          });
    return place;
  }
  void finish(boost::asio::awaitable<void> work) {
    auto ended = std::make_shared<bool>(false);
    boost::asio::co_spawn(executors_.io(), std::move(work),
                          [ended](const std::exception_ptr&) { *ended = true; });
    EXPECT_TRUE(run_until([ended] { return *ended; }));
  }

  ManualClock clock_;
  obs::Log log_{obs::LogLevel::kError, obs::LogFormat::kText};
  obs::Metrics metrics_;
  store::MemoryJournal journal_;
  store::MemoryArticles articles_;
  runtime::Executors executors_{{.cpu_threads = 3, .blocking_threads = 2}};
};

}  // namespace wellspring::sync
