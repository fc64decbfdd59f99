#include "rag/question_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <optional>

#include "base/manual_clock.hpp"
#include "base/mutex.hpp"
#include "rag/question_text.hpp"
#include "runtime/thread_lane.hpp"
#include "store/memory_questions.hpp"

namespace wellspring::rag {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A store that can be held up and broken.
class UnrulyStore final : public store::QuestionStore {
 public:
  Result<void> append(std::span<const model::UserQuestion> questions) override {
    {
      const MutexLock lock(mutex_);
      ++appends_;
      while (held_) released_.wait(mutex_);
      if (broken_) return fail(ErrorKind::kResource, "disk full");
    }
    return kept_.append(questions);
  }
  Result<store::QuestionPage> page(const store::QuestionFilter& filter, std::size_t offset,
                                   std::size_t limit) override {
    return kept_.page(filter, offset, limit);
  }
  Result<store::QuestionStats> stats() override { return kept_.stats(); }
  Result<std::size_t> prune(std::size_t keep) override { return kept_.prune(keep); }
  Result<std::size_t> forget(Timestamp before, std::size_t limit) override {
    ++forgets;
    return kept_.forget(before, limit);
  }
  Result<void> set_feedback(const model::QuestionId& id, const model::Feedback& feedback) override {
    return kept_.set_feedback(id, feedback);
  }

  void set(bool held, bool broken) {
    const MutexLock lock(mutex_);
    held_ = held;
    broken_ = broken;
    released_.notify_all();
  }
  std::atomic<int> forgets = 0;
  int appends() {
    const MutexLock lock(mutex_);
    return appends_;
  }

 private:
  store::MemoryQuestions kept_;
  Mutex mutex_;
  Condition released_;
  bool held_ WELLSPRING_GUARDED_BY(mutex_) = false;
  bool broken_ WELLSPRING_GUARDED_BY(mutex_) = false;
  int appends_ WELLSPRING_GUARDED_BY(mutex_) = 0;
};

class QuestionLogTest : public ::testing::Test {
 protected:
  // A test that failed half-way must not leave the pool's thread waiting.
  ~QuestionLogTest() override { store_.set(false, false); }

  QuestionLog& make(QuestionLogOptions options = {}) {
    return log_.emplace(store_, lane_, executors_, clock_, lines_, metrics_, options);
  }
  static Question asked(const std::string& text, Delivery delivery = Delivery::kWhole) {
    Question question;
    question.text = text;
    question.delivery = delivery;
    return question;
  }
  bool run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      executors_.io().restart();
      executors_.io().run_one_for(20ms);
    }
    return true;
  }
  bool finish(asio::awaitable<void> work) {
    auto ended = std::make_shared<bool>(false);
    asio::co_spawn(executors_.io(), std::move(work), [ended](const std::exception_ptr&) { *ended = true; });
    return run_until([ended] { return *ended; });
  }
  double logged(const char* outcome) {
    return metrics_.value("wellspring_questions_logged_total", {{"outcome", outcome}});
  }
  double stored(const char* endpoint) {
    return metrics_.value("user_questions_count_from_db", {{"endpoint_type", endpoint}});
  }

  ManualClock clock_;
  obs::Log lines_{obs::LogLevel::kWarning, obs::LogFormat::kText};
  obs::Metrics metrics_;
  UnrulyStore store_;
  runtime::Executors executors_{{.cpu_threads = 1, .blocking_threads = 1}};
  runtime::ThreadLane lane_{executors_.blocking()};
  std::optional<QuestionLog> log_;
};

TEST_F(QuestionLogTest, WritesWhatWasAskedCleanedAndUnescaped) {
  QuestionLog& log = make();
  Question question = asked("  What is\x01 $LTC worth?\n", Delivery::kStream);
  question.history.resize(3);
  AskedQuestion(log, question);
  AskedQuestion(log, asked(std::string(5'000, 'x')));
  ASSERT_TRUE(finish(log.drain(10s)));
  const auto page = store_.page({}, 0, 10).value();
  ASSERT_EQ(page.questions.size(), 2U);
  EXPECT_EQ(page.questions[0].text, std::string(kQuestionCodePoints, 'x'));
  EXPECT_EQ(page.questions[0].endpoint, model::QuestionEndpoint::kChat);
  EXPECT_EQ(page.questions[1].text, "What is $LTC worth?");
  EXPECT_EQ(page.questions[1].endpoint, model::QuestionEndpoint::kStream);
  EXPECT_EQ(page.questions[1].history_length, 3U);
  EXPECT_EQ(page.questions[1].asked_at, clock_.wall());
  EXPECT_FALSE(page.questions[1].analyzed);
  EXPECT_EQ(logged("written"), 2);
  EXPECT_EQ(stored("chat"), 1);
  EXPECT_EQ(stored("stream"), 1);
  EXPECT_EQ(stored("total"), 2);
}

TEST_F(QuestionLogTest, AHeldUpStoreHoldsUpNobodyAndItsQueueIsBounded) {
  QuestionLog& log = make({.waiting_max = 10});
  store_.set(true, false);
  AskedQuestion(log, asked("first"));
  ASSERT_TRUE(run_until([&] { return store_.appends() == 1; }));
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) AskedQuestion(log, asked(std::to_string(i)));
  const std::string warnings = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(logged("dropped"), 91);
  EXPECT_EQ(std::count(warnings.begin(), warnings.end(), '\n'), 1) << warnings;
  store_.set(false, false);
  ASSERT_TRUE(finish(log.drain(10s)));
  EXPECT_EQ(store_.stats().value().total(), 10U);
  EXPECT_EQ(store_.appends(), 2) << "what waited shares a write";
}

TEST_F(QuestionLogTest, AFailureIsCountedAndToldOncePerInterval) {
  QuestionLog& log = make({.report_interval = 1min});
  store_.set(false, true);
  ::testing::internal::CaptureStderr();
  for (int i = 1; i <= 4; ++i) {
    if (i == 4) clock_.advance(1min);
    AskedQuestion(log, asked("lost"));
    ASSERT_TRUE(run_until([&] { return logged("failed") == i; }));
  }
  const std::string warnings = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(logged("failed"), 4);
  EXPECT_EQ(std::count(warnings.begin(), warnings.end(), '\n'), 2) << warnings;
  EXPECT_NE(warnings.find("disk full"), std::string::npos);
  EXPECT_NE(warnings.find("lost=3"), std::string::npos) << warnings;
  store_.set(false, false);
  AskedQuestion(log, asked("kept"));
  ASSERT_TRUE(finish(log.drain(10s)));
  EXPECT_EQ(logged("written"), 1) << "a failure ends nothing";
}

TEST_F(QuestionLogTest, DrainGivesUpWhatWaitsAfterTheGrace) {
  QuestionLog& log = make();
  store_.set(true, false);
  AskedQuestion(log, asked("under way"));
  ASSERT_TRUE(run_until([&] { return store_.appends() == 1; }));
  AskedQuestion(log, asked("waits"));
  ASSERT_TRUE(finish(log.drain(10ms)));
  EXPECT_EQ(logged("dropped"), 1);
  store_.set(false, false);
  ASSERT_TRUE(run_until([&] { return logged("written") == 1; }));
  EXPECT_EQ(store_.page({}, 0, 1).value().questions.front().text, "under way");
}

TEST_F(QuestionLogTest, DrainOfAnIdleLogReturnsAtOnce) {
  QuestionLog& log = make();
  EXPECT_TRUE(finish(log.drain(1h)));
}

TEST_F(QuestionLogTest, OldQuestionsAreForgottenAndTheGaugesFollow) {
  QuestionLog& log = make({.kept_max = 3, .prune_every = 2});
  for (int i = 0; i < 6; ++i) {
    AskedQuestion(log, asked(std::to_string(i)));
    ASSERT_TRUE(finish(log.drain(10s)));
  }
  EXPECT_EQ(stored("total"), 3);
  EXPECT_EQ(store_.page({}, 0, 10).value().questions.back().text, "3");
}

TEST_F(QuestionLogTest, AQuestionIsWrittenWithWhatBecameOfIt) {
  QuestionLog& log = make();
  std::optional<model::QuestionId> answered;
  {
    AskedQuestion first(log, asked("answered"));
    AskedQuestion second(log, asked("refused"));
    AskedQuestion third(log, asked("broken off"));
    answered = first.finish({.refused = false, .generation = {}});
    ASSERT_TRUE(answered.has_value());
    EXPECT_TRUE(second.finish({.refused = true, .generation = {}}).has_value());
    EXPECT_FALSE(second.finish({.refused = false, .generation = {}}).has_value()) << "once";
  }
  ASSERT_TRUE(finish(log.drain(10s)));
  const auto page = store_.page({}, 0, 10).value();
  ASSERT_EQ(page.questions.size(), 3U);
  EXPECT_EQ(page.questions[0].text, "broken off");
  EXPECT_EQ(page.questions[0].outcome, model::QuestionOutcome::kUnknown);
  EXPECT_EQ(page.questions[1].outcome, model::QuestionOutcome::kRefused);
  EXPECT_EQ(page.questions[2].outcome, model::QuestionOutcome::kAnswered);
  EXPECT_EQ(page.questions[2].id, *answered);
  EXPECT_EQ(page.questions[2].locale, "en");
}

TEST_F(QuestionLogTest, DrainTakesWhatIsStillBeingAnswered) {
  QuestionLog& log = make();
  AskedQuestion under_way(log, asked("under way"));
  ASSERT_TRUE(finish(log.drain(10s)));
  EXPECT_EQ(store_.stats().value().total(), 1U);
  EXPECT_FALSE(under_way.finish({}).has_value()) << "too late for feedback";
}

TEST_F(QuestionLogTest, SettleWaitsForWhatWasAddedBefore) {
  QuestionLog& log = make();
  EXPECT_TRUE(finish(log.settle(1h))) << "nothing to wait for";
  store_.set(true, false);
  AskedQuestion(log, asked("held up"));
  ASSERT_TRUE(finish(log.settle(10ms)));
  EXPECT_EQ(store_.stats().value().total(), 0U) << "the limit holds";
  auto ended = std::make_shared<bool>(false);
  asio::co_spawn(executors_.io(), log.settle(1h), [ended](const std::exception_ptr&) { *ended = true; });
  ASSERT_TRUE(run_until([&] { return store_.appends() == 1; }));
  EXPECT_FALSE(*ended);
  store_.set(false, false);
  ASSERT_TRUE(run_until([&] { return *ended; }));
  EXPECT_EQ(store_.stats().value().total(), 1U);
  store_.set(false, true);
  ::testing::internal::CaptureStderr();
  AskedQuestion(log, asked("lost"));
  EXPECT_TRUE(finish(log.settle(1h))) << "also what is lost is settled";
  ::testing::internal::GetCapturedStderr();
}

TEST_F(QuestionLogTest, WhatIsPastItsRetentionIsForgottenInBatches) {
  QuestionLog& log = make({.retention = 48h, .forget_batch = 2});
  for (int i = 0; i < 5; ++i) AskedQuestion(log, asked("old"));
  ASSERT_TRUE(finish(log.drain(10s)));
  clock_.advance(48h);
  AskedQuestion(log, asked("new"));
  log.forget_old();
  ASSERT_TRUE(run_until([&] { return store_.forgets == 1; }));
  EXPECT_EQ(store_.stats().value().total(), 6U) << "exactly as old is kept";
  clock_.advance(1ms);
  log.forget_old();
  ASSERT_TRUE(run_until([&] { return stored("total") == 1; }));
  EXPECT_EQ(store_.forgets, 1 + 3) << "2, 2 and 1";
  EXPECT_EQ(store_.page({}, 0, 10).value().questions.front().text, "new");
}

TEST_F(QuestionLogTest, WhatIsStoredAlreadyIsCountedAtTheStart) {
  const std::vector<model::UserQuestion> before(5);
  ASSERT_TRUE(store_.append(before).has_value());
  QuestionLog& log = make();
  log.start();
  ASSERT_TRUE(finish(log.drain(10s)));
  EXPECT_EQ(stored("total"), 5);
  AskedQuestion(log, asked("one more"));
  ASSERT_TRUE(finish(log.drain(10s)));
  EXPECT_EQ(stored("chat"), 6);
}

}  // namespace
}  // namespace wellspring::rag
