#include "runtime/single_flight.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <vector>

#include "base/manual_clock.hpp"

namespace wellspring::runtime {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class SingleFlightTest : public testing::Test {
 protected:
  /// Each run takes until finish() is called.
  asio::awaitable<Result<int>> work() {
    ++runs_;
    asio::steady_timer held(io_, asio::steady_timer::time_point::max());
    held_ = &held;
    co_await held.async_wait(asio::as_tuple(asio::use_awaitable));
    held_ = nullptr;
    co_return outcome_;
  }
  void ask() {
    io_.restart();
    asio::co_spawn(
        io_, [this]() -> asio::awaitable<void> { answers_.push_back(co_await flight_.get()); },
        asio::detached);
  }
  void finish() {
    io_.poll();
    ASSERT_NE(held_, nullptr);
    held_->cancel();
    io_.poll();
  }

  asio::io_context io_;
  ManualClock clock_;
  Result<int> outcome_ = 7;
  asio::steady_timer* held_ = nullptr;
  int runs_ = 0;
  std::vector<Result<int>> answers_;
  SingleFlight<int> flight_{io_, clock_, {.fresh_for = 1'000ms, .limit = 20ms}, [this] { return work(); }};
};

TEST_F(SingleFlightTest, ManyAskersShareOneRun) {
  for (int i = 0; i < 100; ++i) ask();
  finish();
  EXPECT_EQ(runs_, 1);
  ASSERT_EQ(answers_.size(), 100U);
  for (const auto& answer : answers_) EXPECT_EQ(answer.value(), 7);
}

TEST_F(SingleFlightTest, WhatItGaveServesForAWhile) {
  ask();
  finish();
  clock_.advance(999ms);
  ask();
  io_.poll();
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(answers_.size(), 2U);
  clock_.advance(1ms);
  ask();
  finish();
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(answers_.size(), 3U);
}

TEST_F(SingleFlightTest, AnErrorServesAsWell) {
  outcome_ = fail(ErrorKind::kUnavailable, "gone");
  ask();
  finish();
  ask();
  io_.poll();
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(answers_.at(1).error().message, "gone");
}

TEST_F(SingleFlightTest, NobodyWaitsLongerThanTheLimit) {
  ask();
  while (answers_.empty() && io_.run_one_for(5s) > 0) {
  }
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_.at(0).error().kind, ErrorKind::kDeadline);
  ask();
  finish();
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(answers_.at(1).value(), 7);
}

}  // namespace
}  // namespace wellspring::runtime
