#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <stdexcept>
#include <thread>

#include "runtime/executors.hpp"
#include "runtime/offload.hpp"

namespace wellspring::runtime {
namespace {

namespace asio = boost::asio;

template <class Work>
auto run_offloaded(Work work) {
  Executors executors({.cpu_threads = 1, .blocking_threads = 1});
  std::optional<std::invoke_result_t<Work&>> outcome;
  std::thread::id resumed_on;
  asio::co_spawn(
      executors.io(),
      [&]() -> asio::awaitable<void> {
        outcome = co_await offload(executors.cpu(), work);
        resumed_on = std::this_thread::get_id();
      },
      asio::detached);
  executors.run_io();
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
  return *outcome;
}

TEST(Offload, RunsElsewhereAndResumesHere) {
  const auto here = std::this_thread::get_id();
  const Result<bool> elsewhere =
      run_offloaded([here]() -> Result<bool> { return std::this_thread::get_id() != here; });
  ASSERT_TRUE(elsewhere.has_value());
  EXPECT_TRUE(*elsewhere);
}

TEST(Offload, AnExceptionBecomesABug) {
  const Result<int> result = run_offloaded([]() -> Result<int> { throw std::runtime_error("boom"); });
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, ErrorKind::kBug);
  EXPECT_NE(result.error().message.find("boom"), std::string::npos);
}

TEST(Executors, StopIsIdempotent) {
  Executors executors({.cpu_threads = 2, .blocking_threads = 1});
  executors.stop();
  executors.stop();
}

}  // namespace
}  // namespace wellspring::runtime
