#include "rag/answerer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/manual_clock.hpp"
#include "rag/ingestor.hpp"
#include "rag/knowledge_for_test.hpp"
#include "store/memory_store.hpp"
#include "text/analyzer.hpp"

namespace wellspring::rag {
namespace {

namespace asio = boost::asio;

/// Says what it was told to, in the pieces given, and remembers what it was asked.
class ScriptedModel final : public llm::ChatModel {
 public:
  asio::awaitable<Result<llm::Generation>> generate(llm::ChatRequest request, Deadline /*deadline*/,
                                                    llm::TextSink sink) override {
    requests.push_back(request);
    if (hang) {
      asio::steady_timer never(co_await asio::this_coro::executor, SteadyTime::max());
      co_await never.async_wait(asio::use_awaitable);
    }
    for (const std::string& piece : replies.at(std::min(requests.size(), replies.size()) - 1)) {
      const auto taken = co_await sink(piece);
      if (taken.has_error()) co_return taken.error();
    }
    if (failure) co_return *failure;
    co_return llm::Generation{.input_tokens = 20, .output_tokens = 5};
  }
  const std::string& name() const override { return name_; }

  std::vector<std::vector<std::string>> replies{{"Leases are returned [1]."}};
  std::vector<llm::ChatRequest> requests;
  std::optional<Error> failure;
  bool hang = false;

 private:
  std::string name_ = "scripted";
};

/// Writes down every call; goes away before the call with the given number.
class Recorder final : public AnswerSink {
 public:
  asio::awaitable<Result<void>> sources(std::vector<model::Hit> hits) override {
    sources_count = hits.size();
    co_return note("sources " + std::to_string(hits.size()));
  }
  asio::awaitable<Result<void>> text(std::string piece) override {
    answer += piece;
    co_return note("text");
  }

  std::vector<std::string> calls;
  std::string answer;
  std::size_t sources_count = 0;
  std::size_t gone_at = 1'000;

 private:
  Result<void> note(std::string call) {
    calls.push_back(std::move(call));
    if (calls.size() > gone_at) return fail(ErrorKind::kCancelled, "reader: gone");
    return {};
  }
};

class AnswererTest : public testing::Test {
 protected:
  void SetUp() override {
    Ingestor ingestor(embedder_, store_, index_, clock_, metrics_);
    ASSERT_TRUE(
        ingestor.publish(article("1", "Pools", "## Leases\n\nA lease is returned to the pool by its holder."))
            .has_value());
    ASSERT_TRUE(ingestor
                    .publish(article("2", "Journal",
                                     "## Durability\n\nThe webhook journal is written before the reply."))
                    .has_value());
  }

  void ask(Question question) {
    const Answerer answerer(retriever_, model_, options_, clock_, metrics_);
    asio::co_spawn(
        executors_.io(),
        answerer.answer(std::move(question), Deadline::after(clock_, std::chrono::seconds{10}), reader_),
        asio::bind_cancellation_slot(cancel_.slot(),
                                     [this](std::exception_ptr thrown, Result<AnswerSummary> outcome) {
                                       EXPECT_EQ(thrown, nullptr);
                                       outcome_ = std::move(outcome);
                                     }));
    executors_.io().restart();
    if (cancel_when_asked_) {
      while (model_.requests.empty()) executors_.io().run_one();
      cancel_.emit(asio::cancellation_type::terminal);
    }
    executors_.run_io();
    ASSERT_TRUE(outcome_.has_value());
  }

  double requests(const std::string& operation, const std::string& status) const {
    return metrics_.value("llm_requests_total",
                          {{"model", "scripted"}, {"operation", operation}, {"status", status}});
  }

  ManualClock clock_;
  obs::Metrics metrics_;
  runtime::Executors executors_{{.cpu_threads = 1, .blocking_threads = 1}};
  WordEmbedder embedder_;
  store::MemoryArticles store_;
  index::Index index_{{.dimension = 64}, text::analyze};
  Retriever retriever_{embedder_, index_, {}, executors_, metrics_};
  ScriptedModel model_;
  AnswererOptions options_;
  Recorder reader_;
  asio::cancellation_signal cancel_;
  bool cancel_when_asked_ = false;
  std::optional<Result<AnswerSummary>> outcome_;
};

using Calls = std::vector<std::string>;

TEST_F(AnswererTest, SourcesComeBeforeText) {
  model_.replies = {{"Leases are ", "returned [1]."}};
  ask({.text = "Who returned the lease to the pool?", .history = {}});
  ASSERT_TRUE(outcome_->has_value());
  EXPECT_FALSE((*outcome_)->refused);
  EXPECT_EQ((*outcome_)->generation.output_tokens, 5U);
  EXPECT_EQ(reader_.calls, (Calls{"sources 2", "text", "text", "text"}));
  EXPECT_EQ(reader_.answer, "Leases are returned [1].");
  EXPECT_EQ(requests("answer", "success"), 1);
  EXPECT_EQ(metrics_.value("llm_tokens_total", {{"model", "scripted"}, {"token_type", "input"}}), 20);
}

TEST_F(AnswererTest, ThePromptHoldsThePassagesThatTheReaderGets) {
  ask({.text = "Who returned the lease to the pool?", .history = {}});
  ASSERT_EQ(model_.requests.size(), 1U);
  const llm::ChatRequest& request = model_.requests[0];
  ASSERT_EQ(request.passages.size(), reader_.sources_count);
  EXPECT_EQ(request.passages[0].title, "Pools / Leases");
  EXPECT_EQ(request.passages[0].text, "A lease is returned to the pool by its holder.");
  EXPECT_NE(request.messages.back().content.find("[1]\n> Pools / Leases\n> A lease is returned"),
            std::string::npos);
}

TEST_F(AnswererTest, CitationsWithoutSourceAreDropped) {
  model_.replies = {{"Yes [", "7", "] and [1].", " \xF0\x9F\x87", "\xA9\xF0\x9F\x87\xAA"}};
  ask({.text = "Who returned the lease to the pool?", .history = {}});
  EXPECT_EQ(reader_.answer, "Yes and [1]. \xF0\x9F\x87\xA9\xF0\x9F\x87\xAA");
}

TEST_F(AnswererTest, ASmallBudgetDropsSourcesToo) {
  options_.prompt_tokens = 0;
  ask({.text = "Who returned the lease to the pool?", .history = {}});
  EXPECT_EQ(reader_.calls.front(), "sources 1");
  EXPECT_EQ(model_.requests.at(0).passages.size(), 1U);
}

TEST_F(AnswererTest, WithoutEvidenceItSaysSoAndAsksNoModel) {
  for (const char* text : {"zebra volcano xylophone?", "", " \x01 "}) {
    reader_ = {};
    ask({.text = text, .history = {}});
    ASSERT_TRUE(outcome_->has_value());
    EXPECT_TRUE((*outcome_)->refused);
    EXPECT_EQ(reader_.calls, (Calls{"sources 0", "text"}));
    EXPECT_TRUE(reader_.answer.starts_with("I found nothing published"));
  }
  EXPECT_TRUE(model_.requests.empty());
  ask({.text = "xilófono volcán", .history = {}, .locale = "es"});
  EXPECT_NE(reader_.answer.find("No he encontrado"), std::string::npos);
}

TEST_F(AnswererTest, AModelFailureIsReportedAfterWhatWasSaid) {
  model_.failure = fail(ErrorKind::kUpstream, "cut");
  ask({.text = "Who returned the lease to the pool?", .history = {}});
  EXPECT_EQ(outcome_->error().kind, ErrorKind::kUpstream);
  EXPECT_EQ(requests("answer", "error"), 1);
  EXPECT_EQ(reader_.calls.front(), "sources 2");
}

TEST_F(AnswererTest, ARetrievalFailureComesBeforeAnything) {
  embedder_.failing = true;
  ask({.text = "Who returned the lease to the pool?", .history = {}});
  EXPECT_EQ(outcome_->error().kind, ErrorKind::kResource);
  EXPECT_TRUE(reader_.calls.empty());
}

TEST_F(AnswererTest, AReaderThatGoesAwayEndsTheAnswerWherever) {
  model_.replies = {{"one ", "two ", "three "}};
  for (std::size_t calls = 0; calls < 3; ++calls) {
    reader_ = {};
    reader_.gone_at = calls;
    ask({.text = "Who returned the lease to the pool?", .history = {}});
    EXPECT_EQ(outcome_->error().kind, ErrorKind::kCancelled);
    EXPECT_EQ(reader_.calls.size(), calls + 1);
  }
}

TEST_F(AnswererTest, CancellingEndsTheModelsWork) {
  model_.hang = true;
  cancel_when_asked_ = true;
  ask({.text = "Who returned the lease to the pool?", .history = {}});
  EXPECT_EQ(outcome_->error().kind, ErrorKind::kCancelled);
}

const std::vector<model::ChatTurn> kAboutJournal{{model::ChatRole::kHuman, "What is the webhook journal?"},
                                                 {model::ChatRole::kAi, "A log [1]."}};

TEST_F(AnswererTest, AFollowUpIsRetrievedWithItsSubject) {
  ask({.text = "When is it written?", .history = kAboutJournal});
  ASSERT_EQ(model_.requests.size(), 1U);
  EXPECT_EQ(model_.requests[0].question, "When is it written? webhook journal");
  EXPECT_EQ(model_.requests[0].passages.at(0).title, "Journal / Durability");
  EXPECT_NE(model_.requests[0].messages.back().content.find("Question:\n> When is it written?"),
            std::string::npos);
}

TEST_F(AnswererTest, AModelRewritesAFollowUp) {
  options_.follow_ups = FollowUps::kModel;
  model_.replies = {{"When is the webhook ", "journal written?\n"}, {"Before the reply [1]."}};
  ask({.text = "When is it written?", .history = kAboutJournal});
  ASSERT_EQ(model_.requests.size(), 2U);
  EXPECT_EQ(model_.requests[1].question, "When is the webhook journal written?");
  EXPECT_EQ(reader_.answer, "Before the reply [1].");
  EXPECT_EQ(requests("rewrite", "success"), 1);
}

TEST_F(AnswererTest, AUselessRewritingFallsBackToTheHeuristic) {
  options_.follow_ups = FollowUps::kModel;
  for (const std::string& useless : {std::string("\n"), std::string(100'000, 'x')}) {
    model_.requests.clear();
    model_.replies = {{useless}, {"Before the reply [1]."}};
    reader_ = {};
    ask({.text = "When is it written?", .history = kAboutJournal});
    EXPECT_EQ(model_.requests.at(1).question, "When is it written? webhook journal");
    EXPECT_EQ(reader_.answer, "Before the reply [1].");
  }
}

TEST_F(AnswererTest, RetrievalRefusesSillyLimits) {
  for (const std::size_t k : {std::size_t{0}, std::size_t{101}}) {
    std::optional<Result<Retrieved>> retrieved;
    asio::co_spawn(executors_.io(), retriever_.retrieve({.text = "lease", .k = k, .filter = {}}),
                   [&](std::exception_ptr, Result<Retrieved> outcome) { retrieved = std::move(outcome); });
    executors_.io().restart();
    executors_.run_io();
    EXPECT_EQ(retrieved->error().kind, ErrorKind::kInvalidArgument);
  }
}

TEST_F(AnswererTest, LexicalRetrievalNeedsNoEmbedding) {
  embedder_.failing = true;
  std::optional<Result<Retrieved>> retrieved;
  asio::co_spawn(executors_.io(),
                 retriever_.retrieve({.text = "lease", .mode = model::SearchMode::kBm25, .filter = {}}),
                 [&](std::exception_ptr, Result<Retrieved> outcome) { retrieved = std::move(outcome); });
  executors_.run_io();
  ASSERT_TRUE(retrieved->has_value());
  EXPECT_EQ((*retrieved)->hits.size(), 1U);
}

}  // namespace
}  // namespace wellspring::rag
