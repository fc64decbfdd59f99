#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <stdexcept>
#include <thread>

#include "runtime/executors.hpp"
#include "runtime/offload.hpp"
#include "runtime/thread_lane.hpp"

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

/// Lets in, or not, what comes.
class StubLane final : public Lane {
 public:
  explicit StubLane(Result<void> answer) : answer_(std::move(answer)) {}
  void enter(Work work, boost::source_location) override { work(answer_); }

 private:
  const Result<void> answer_;
};

Result<int> through(Lane& lane, int& runs) {
  asio::io_context io;
  Result<int> outcome = 0;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        auto work = [&runs]() -> Result<int> { return ++runs; };
        outcome = co_await offload(lane, std::move(work));
      },
      asio::detached);
  io.run();
  return outcome;
}

TEST(Offload, ALaneThatLetsInRunsTheWork) {
  StubLane open({});
  int runs = 0;
  EXPECT_EQ(through(open, runs).value(), 1);
}

TEST(Offload, ALaneWithoutAWayInRunsNothingAndSaysWhy) {
  StubLane full(fail(ErrorKind::kUnavailable, "full"));
  int runs = 0;
  const auto refused = through(full, runs);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().message, "full");
  EXPECT_EQ(runs, 0);
}

TEST(ThreadLane, RunsOnItsThreads) {
  asio::thread_pool threads(1);
  ThreadLane lane(threads);
  int runs = 0;
  EXPECT_EQ(through(lane, runs).value(), 1);
  threads.join();
}

TEST(Executors, StopIsIdempotent) {
  Executors executors({.cpu_threads = 2, .blocking_threads = 1});
  executors.stop();
  executors.stop();
}

}  // namespace
}  // namespace wellspring::runtime
