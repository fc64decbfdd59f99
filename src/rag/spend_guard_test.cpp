#include "rag/spend_guard.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "base/manual_clock.hpp"
#include "rag/model_calls.hpp"
#include "store/temp_dir.hpp"

namespace wellspring::rag {
namespace {

namespace asio = boost::asio;

/// Says `pieces`, then fails or ends with what it was told to count.
class PaidModel final : public llm::ChatModel {
 public:
  explicit PaidModel(std::string name) : name_(std::move(name)) {}
  asio::awaitable<Result<llm::Generation>> generate(llm::ChatRequest, Deadline, llm::TextSink sink) override {
    ++calls;
    if (during) during();
    for (const std::string& piece : pieces) {
      const auto taken = co_await sink(piece);
      if (taken.has_error()) co_return taken.error();
    }
    if (failure) co_return *failure;
    co_return told;
  }
  const std::string& name() const override { return name_; }

  int calls = 0;
  std::vector<std::string> pieces{"some ", "text"};
  std::optional<Error> failure;
  llm::Generation told{.input_tokens = 1'000, .output_tokens = 100};
  std::function<void()> during;

 private:
  std::string name_;
};

class SpendGuardTest : public testing::Test {
 protected:
  SpendGuardTest() { open(); }

  void open() {
    guard_.reset();
    auto opened = SpendGuard::open(options_, SpendFile(folder_.path() / "spend.json"), executors_, clock_,
                                   log_, metrics_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    guard_ = std::move(*opened);
  }

  Result<Written> answer() {
    const ModelCalls calls(paid_, {.guard = guard_.get(), .instead = &quoting_}, clock_, metrics_);
    llm::ChatRequest request;
    request.messages = {{llm::MessageRole::kUser, std::string(400, 'x')}};
    text_.clear();
    const llm::TextSink sink = [this](std::string piece) -> asio::awaitable<Result<void>> {
      text_ += piece;
      co_return Result<void>();
    };
    return run(calls.answer(std::move(request), Deadline(clock_.steady() + std::chrono::seconds{9}), sink));
  }

  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> outcome;
    asio::co_spawn(executors_.io(), std::move(work), [&](std::exception_ptr thrown, T done) {
      EXPECT_EQ(thrown, nullptr);
      outcome.emplace(std::move(done));
    });
    executors_.io().restart();
    executors_.run_io();
    return std::move(*outcome);
  }

  double spent() const { return to_usd(guard_->record().hourly.cost); }

  store::TempDir folder_;
  ManualClock clock_;
  obs::Log log_{obs::LogLevel::kError, obs::LogFormat::kText};
  obs::Metrics metrics_;
  runtime::Executors executors_{{.cpu_threads = 1, .blocking_threads = 1}};
  // A call is put aside for at 201 * 1 + 1,000 * 10 millionths of a dollar, and costs 1,000 * 1 + 100 * 10.
  SpendOptions options_{.prices = {.input = 1, .output = 10},
                        .limits = {.daily = from_usd(1), .hourly = from_usd(0.025)},
                        .output_tokens_max = 1'000};
  PaidModel paid_{"paid"};
  PaidModel quoting_{"quoting"};
  std::unique_ptr<SpendGuard> guard_;
  std::string text_;
};

TEST_F(SpendGuardTest, ACallIsChargedAtWhatItCost) {
  NanoUsd reserved = 0;
  paid_.during = [&] {
    reserved = guard_->record().reserved;
    EXPECT_EQ((*SpendFile(folder_.path() / "spend.json").read())->reserved, reserved)
        << "on disk before the model is asked";
  };
  const auto written = answer();
  ASSERT_TRUE(written.has_value());
  EXPECT_FALSE(written->spend_limited);
  EXPECT_EQ(reserved, from_usd(0.010201));
  EXPECT_EQ(guard_->record().reserved, 0);
  EXPECT_DOUBLE_EQ(spent(), 0.002);
  EXPECT_DOUBLE_EQ(metrics_.value("llm_cost_usd_total", {{"model", "paid"}, {"operation", "answer"}}), 0.002);
  metrics_.render(obs::MetricsFormat::kText);
  EXPECT_DOUBLE_EQ(metrics_.value("llm_daily_cost_usd"), 0.002);
  EXPECT_DOUBLE_EQ(metrics_.value("llm_hourly_limit_usd"), 0.025);
}

TEST_F(SpendGuardTest, AtTheLimitTheOtherModelWrites) {
  while (paid_.calls < 100) {
    const auto written = answer();
    ASSERT_TRUE(written.has_value());
    if (written->spend_limited) break;
  }
  EXPECT_EQ(paid_.calls, 8) << "0.016 are spent, and 0.0102 have no room below 0.025";
  EXPECT_EQ(quoting_.calls, 1);
  EXPECT_EQ(text_, "some text");
  EXPECT_EQ(metrics_.value("llm_spend_limit_rejections_total", {{"limit_type", "hourly"}}), 1);
  EXPECT_EQ(guard_->level(), SpendLevel::kInfo);
  clock_.advance(std::chrono::hours{1});
  EXPECT_FALSE(answer()->spend_limited);
}

TEST_F(SpendGuardTest, AFailureWithoutTextIsRefunded) {
  paid_.pieces.clear();
  paid_.failure = fail(ErrorKind::kUpstream, "500");
  for (int call = 0; call < 100; ++call) EXPECT_TRUE(answer().has_error());
  EXPECT_EQ(paid_.calls, 100);
  EXPECT_EQ(guard_->record().hourly.cost, 0);
  EXPECT_EQ(guard_->record().reserved, 0);
}

TEST_F(SpendGuardTest, WhatWasWrittenBeforeAFailureIsEstimated) {
  paid_.failure = fail(ErrorKind::kUpstream, "cut");
  EXPECT_TRUE(answer().has_error());
  EXPECT_DOUBLE_EQ(spent(), 0.00013) << "100 tokens read, 3 written";
  paid_.failure.reset();
  paid_.told = {};
  EXPECT_TRUE(answer().has_value());
  EXPECT_DOUBLE_EQ(spent(), 0.00026) << "a model that tells nothing";
}

TEST_F(SpendGuardTest, OtherUsesOfTheModelAreRefusedAtTheLimit) {
  options_.limits.hourly = from_usd(0.001);
  open();
  const ModelCalls calls(paid_, {.guard = guard_.get(), .instead = &quoting_}, clock_, metrics_);
  const auto refused = run(calls.call({}, "rewrite", Deadline(clock_.steady()), {}));
  EXPECT_EQ(refused.error().kind, ErrorKind::kOverloaded);
  EXPECT_EQ(paid_.calls + quoting_.calls, 0);
}

TEST_F(SpendGuardTest, ARestartGoesOnFromWhatWasSpent) {
  EXPECT_TRUE(answer().has_value());
  open();
  EXPECT_DOUBLE_EQ(spent(), 0.002);
  EXPECT_TRUE(answer().has_value());
  open();
  EXPECT_DOUBLE_EQ(spent(), 0.004);
}

TEST_F(SpendGuardTest, ACrashCountsTheCallsUnderWayAtTheirWorst) {
  paid_.during = [&] {
    std::filesystem::copy_file(folder_.path() / "spend.json", folder_.path() / "at the crash");
  };
  EXPECT_TRUE(answer().has_value());
  guard_.reset();
  std::filesystem::rename(folder_.path() / "at the crash", folder_.path() / "spend.json");
  open();
  EXPECT_DOUBLE_EQ(spent(), 0.010201);
}

TEST_F(SpendGuardTest, ADiskThatTakesNothingStopsNoAnswer) {
  std::filesystem::create_directory(folder_.path() / "spend.json.new");
  EXPECT_TRUE(answer().has_value());
  EXPECT_DOUBLE_EQ(spent(), 0.002);
  std::filesystem::remove(folder_.path() / "spend.json.new");
  EXPECT_TRUE(answer().has_value());
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "spend.json"));
}

}  // namespace
}  // namespace wellspring::rag
