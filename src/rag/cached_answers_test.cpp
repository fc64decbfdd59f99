// Answers with the cache against answers without it, over the same index: random publishes, unpublishes,
// merges and questions. What comes from the cache must be what would be made now.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cctype>
#include <optional>
#include <random>

#include "base/manual_clock.hpp"
#include "llm/extractive_model.hpp"
#include "rag/answerer.hpp"
#include "rag/ingestor.hpp"
#include "rag/knowledge_for_test.hpp"
#include "store/memory_store.hpp"
#include "text/analyzer.hpp"

namespace wellspring::rag {
namespace {

namespace asio = boost::asio;

/// The extractive model; counts its calls, and lets a test do something while it writes.
class WatchedModel final : public llm::ChatModel {
 public:
  explicit WatchedModel(runtime::Executors& executors) : model_({}, executors) {}
  asio::awaitable<Result<llm::Generation>> generate(llm::ChatRequest request, Deadline deadline,
                                                    llm::TextSink sink) override {
    ++calls;
    if (meanwhile) meanwhile();
    auto generation = co_await model_.generate(std::move(request), deadline, std::move(sink));
    if (failure) co_return *failure;
    if (generation) generation->cut = cut;
    co_return generation;
  }
  const std::string& name() const override { return model_.name(); }

  int calls = 0;
  std::function<void()> meanwhile;
  std::optional<Error> failure;
  bool cut = false;

 private:
  llm::ExtractiveModel model_;
};

/// What a reader sees.
struct Seen final : public AnswerSink {
  asio::awaitable<Result<void>> sources(std::vector<model::Hit> hits) override {
    for (const model::Hit& hit : hits) passages.push_back(*hit.chunk);
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> text(std::string piece) override {
    answer += piece;
    co_return Result<void>();
  }
  std::vector<model::Chunk> passages;
  std::string answer;
};

class CachedAnswersTest : public testing::Test {
 protected:
  void publish(const std::string& id, const std::string& markdown, const std::string& locale = "en") {
    model::Article made = article(id, "Title " + id, markdown);
    made.key.locale = locale;
    ASSERT_TRUE(ingestor_.publish(made).has_value());
    cache_.forget(made.key);
  }
  void remove(const std::string& id) {
    ASSERT_TRUE(ingestor_.remove(ArticleId(id), std::nullopt).has_value());
    cache_.forget(ArticleId(id));
  }

  AnswerSummary ask(Question question, Seen& seen, AnswerCache* cache) {
    const Answerer answerer(retriever_, model_, options_, clock_, metrics_, cache);
    std::optional<Result<AnswerSummary>> outcome;
    asio::co_spawn(
        executors_.io(),
        answerer.answer(std::move(question), Deadline::after(clock_, std::chrono::seconds{10}), seen),
        [&](std::exception_ptr thrown, Result<AnswerSummary> done) {
          EXPECT_EQ(thrown, nullptr);
          outcome = std::move(done);
        });
    executors_.io().restart();
    executors_.run_io();
    return outcome && *outcome ? **outcome : AnswerSummary{};
  }
  bool from_cache(const std::string& text) {
    Seen seen;
    return ask({.text = text, .history = {}}, seen, &cache_).from_cache;
  }
  double count(const char* family) const { return metrics_.value(family, {{"cache_type", "query"}}); }

  ManualClock clock_;
  obs::Metrics metrics_;
  runtime::Executors executors_{{.cpu_threads = 1, .blocking_threads = 1}};
  WordEmbedder embedder_;
  store::MemoryArticles store_;
  index::Index index_{{.dimension = 64}, text::analyze};
  Ingestor ingestor_{embedder_, store_, index_, clock_, metrics_};
  Retriever retriever_{embedder_, index_, {}, executors_, metrics_};
  WatchedModel model_{executors_};
  AnswererOptions options_;
  AnswerCache cache_{{.entries_max = 100, .bytes_max = 10'000'000, .ttl = std::chrono::hours{1}}, metrics_};
};

const std::string kLease = "A lease is returned to the pool by its holder.";
const std::string kAsked = "Who returns the lease to the pool?";

TEST_F(CachedAnswersTest, TheSecondAnswerIsTheFirstWithoutEmbeddingOrModel) {
  publish("1", kLease);
  Seen first;
  EXPECT_FALSE(ask({.text = kAsked, .history = {}}, first, &cache_).from_cache);
  embedder_.failing = true;
  Seen second;
  EXPECT_TRUE(
      ask({.text = "who  RETURNS the lease to the pool?", .history = {}}, second, &cache_).from_cache);
  EXPECT_EQ(second.answer, first.answer);
  EXPECT_EQ(second.passages, first.passages);
  EXPECT_EQ(model_.calls, 1);
  EXPECT_EQ(count("rag_cache_hits_total"), 1);
  EXPECT_EQ(count("rag_cache_misses_total"), 1);
}

TEST_F(CachedAnswersTest, TheConversationIsPartOfTheQuestion) {
  publish("1", kLease);
  publish("2", "A lamp is lit at dusk by its keeper.");
  const auto asked_after = [&](const std::string& earlier) {
    Seen seen;
    const std::vector<model::ChatTurn> history{{model::ChatRole::kHuman, earlier},
                                               {model::ChatRole::kAi, "Well."}};
    return ask({.text = "By whom?", .history = history}, seen, &cache_).from_cache;
  };
  EXPECT_FALSE(asked_after("When is the lamp lit at dusk?"));
  EXPECT_FALSE(asked_after("When is the lease returned to the pool?"));
  EXPECT_TRUE(asked_after("When is the  lamp lit at dusk?"));
}

TEST_F(CachedAnswersTest, AChangeElsewhereAndAMergeKeepTheAnswer) {
  options_.passages = 1;
  publish("1", kLease);
  EXPECT_FALSE(from_cache(kAsked));
  for (int other = 0; other < 40; ++other) publish("far " + std::to_string(other), "Zebras graze in herds.");
  EXPECT_TRUE(from_cache(kAsked));
  const std::uint64_t generation = retriever_.generation();
  ASSERT_TRUE(index_.merge_step());
  EXPECT_EQ(retriever_.generation(), generation);
  EXPECT_TRUE(from_cache(kAsked));
  EXPECT_EQ(model_.calls, 1);
}

TEST_F(CachedAnswersTest, AnArticleThatWouldBeFoundNowEndsTheAnswer) {
  options_.passages = 1;
  publish("1", kLease + " Pools are finite. Holders are many.");
  EXPECT_FALSE(from_cache(kAsked));
  publish("2", "Who returns the lease to the pool? The holder returns the lease to the pool.");
  EXPECT_FALSE(from_cache(kAsked));
  EXPECT_EQ(metrics_.value("wellspring_answer_cache_dropped_total", {{"reason", "results"}}), 1);
}

TEST_F(CachedAnswersTest, WithdrawnTextIsGoneAtOnce) {
  publish("1", kLease);
  publish("2", "The lease of a pool ends with its holder.");
  EXPECT_FALSE(from_cache(kAsked));
  ASSERT_TRUE(ingestor_.remove(ArticleId("1"), std::nullopt).has_value());
  EXPECT_EQ(cache_.forget(ArticleId("1")), 1U);
  EXPECT_EQ(cache_.use().entries, 0U);
  Seen seen;
  EXPECT_FALSE(ask({.text = kAsked, .history = {}}, seen, &cache_).from_cache);
  EXPECT_EQ(seen.answer.find("returned"), std::string::npos);
}

TEST_F(CachedAnswersTest, WhatChangedWhileTheModelWroteKeepsTheAnswerOut) {
  publish("1", kLease);
  model_.meanwhile = [this] { remove("1"); };
  EXPECT_FALSE(from_cache(kAsked));
  EXPECT_EQ(cache_.use().entries, 0U) << "it quotes an article that was withdrawn meanwhile";

  publish("1", kLease);
  model_.meanwhile = [this] { publish("2", "Who returns the lease to the pool? Its holder."); };
  EXPECT_FALSE(from_cache(kAsked));
  model_.meanwhile = {};
  EXPECT_FALSE(from_cache(kAsked)) << "made from the snapshot before the publish";
  EXPECT_TRUE(from_cache(kAsked));
}

TEST_F(CachedAnswersTest, ErrorsRefusalsAndCutAnswersAreNotKept) {
  publish("1", kLease);
  for (int twice = 0; twice < 2; ++twice) EXPECT_FALSE(from_cache("zebra volcano xylophone?"));
  model_.failure = fail(ErrorKind::kUpstream, "cut off");
  EXPECT_FALSE(from_cache(kAsked));
  model_.failure.reset();
  model_.cut = true;
  EXPECT_FALSE(from_cache(kAsked));
  model_.cut = false;
  EXPECT_FALSE(from_cache(kAsked));
  EXPECT_TRUE(from_cache(kAsked));
}

class Comparison : public CachedAnswersTest, public testing::WithParamInterface<unsigned> {
 protected:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string words(std::size_t count) {
    static const std::vector<std::string> kWords{"lease", "pool",  "holder", "lamp",   "dusk",  "keeper",
                                                 "tide",  "water", "boat",   "signal", "tower", "rope"};
    std::string text;
    for (std::size_t at = 0; at < count; ++at) text += (at == 0 ? "" : " ") + kWords[below(kWords.size())];
    return text;
  }

  std::string markdown() {
    std::string text;
    for (std::size_t section = 0, sections = 1 + below(2); section < sections; ++section)
      text += "## " + words(1) + "\n\nThe " + words(2 + below(6)) + ".\n\n";
    return text;
  }

  /// Few questions, so that they come again, in changing spelling.
  Question question() {
    static const std::vector<std::string> kQuestions{"What is the lease pool?", "Where is the lamp at dusk?",
                                                     "Who is the keeper of the tower?", "tide water boat",
                                                     "Which signal?"};
    Question asked;
    asked.text = kQuestions[below(kQuestions.size())];
    if (below(3) == 0) std::ranges::transform(asked.text, asked.text.begin(), ::toupper);
    if (below(3) == 0) asked.text += "  ";
    if (below(4) == 0) asked.locale = "fr";
    if (below(4) == 0)
      asked.history = {{model::ChatRole::kHuman, "What about the rope?"},
                       {model::ChatRole::kAi, "It holds."}};
    return asked;
  }

  void change() {
    const std::string id = std::to_string(below(12));
    if (below(3) == 0) {
      remove(id);
    } else {
      publish(id, markdown(), below(5) == 0 ? "fr" : "en");
    }
  }

  void compare() {
    const Question asked = question();
    Seen cached;
    const AnswerSummary summary = ask(asked, cached, &cache_);
    Seen made;
    ask(asked, made, nullptr);
    EXPECT_EQ(cached.passages, made.passages) << asked.text;
    EXPECT_EQ(cached.answer, made.answer) << asked.text;
    hits_ += summary.from_cache ? 1 : 0;
  }

  std::mt19937 random_{GetParam()};
  int hits_ = 0;
};

TEST_P(Comparison, AnswersAreThoseThatWouldBeMadeNow) {
  options_.passages = 1 + below(4);
  for (int seed = 0; seed < 6; ++seed) change();
  for (int step = 0; step < 400 && !HasFailure(); ++step) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + " step " + std::to_string(step));
    const std::size_t what = below(12);
    if (what < 2) change();
    if (what == 2) index_.merge_step();
    if (what == 3) clock_.advance(std::chrono::minutes{10});
    if (what > 3) compare();
  }
  EXPECT_GT(hits_, 40) << "the cache was hardly used";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Comparison, ::testing::Range(1U, 9U));

}  // namespace
}  // namespace wellspring::rag
