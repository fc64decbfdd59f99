#include "rag/answer_cache.hpp"

#include <gtest/gtest.h>

#include "rag/answer_key.hpp"
#include "rag/recall.hpp"

namespace wellspring::rag {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

std::shared_ptr<model::Chunk> passage(const std::string& article, const std::string& text,
                                      const std::string& locale = "en") {
  auto chunk = std::make_shared<model::Chunk>();
  chunk->text = text;
  chunk->metadata.article = {ArticleId(article), locale};
  return chunk;
}

CachedAnswer answer_from(std::vector<std::shared_ptr<model::Chunk>> passages, std::string text = "yes [1]") {
  CachedAnswer answer;
  for (auto& chunk : passages) answer.hits.push_back({std::move(chunk), 1, 0, 0});
  answer.sources = answer.hits.size();
  answer.text = std::move(text);
  return answer;
}

class AnswerCacheTest : public testing::Test {
 protected:
  void put(const std::string& key, CachedAnswer answer, SteadyTime at = kStart) {
    cache_.put(key, std::move(answer), 1, cache_.changes(), at);
  }
  bool holds(const std::string& key, SteadyTime at = kStart) {
    return cache_.find(key, at).answer != nullptr;
  }
  double dropped(const std::string& reason) const {
    return metrics_.value("wellspring_answer_cache_dropped_total", {{"reason", reason}});
  }

  obs::Metrics metrics_;
  AnswerCache cache_{{.entries_max = 3, .bytes_max = 100'000, .ttl = 10min}, metrics_};
};

TEST_F(AnswerCacheTest, FindsWhatWasPutUntilItsTimeIsOver) {
  put("a", answer_from({passage("1", "x")}, "text of a"));
  EXPECT_EQ(cache_.find("a", kStart + 10min - 1ms).answer->text, "text of a");
  EXPECT_FALSE(holds("b"));
  EXPECT_FALSE(holds("a", kStart + 10min));
  EXPECT_EQ(cache_.use().entries, 0U);
  EXPECT_EQ(cache_.use().bytes, 0U);
  EXPECT_EQ(dropped("expired"), 1);
}

TEST_F(AnswerCacheTest, TheLeastRecentlyUsedGoesFirst) {
  for (const char* key : {"a", "b", "c"}) put(key, answer_from({passage(key, "x")}));
  EXPECT_TRUE(holds("a"));
  put("d", answer_from({passage("d", "x")}));
  EXPECT_FALSE(holds("b"));
  for (const char* key : {"a", "c", "d"}) EXPECT_TRUE(holds(key)) << key;
  EXPECT_EQ(dropped("evicted"), 1);
}

TEST_F(AnswerCacheTest, BytesAreBoundedToo) {
  const std::string large(45'000, 'x');
  put("a", answer_from({passage("1", "x")}, large));
  put("b", answer_from({passage("1", "x")}, large));
  put("c", answer_from({passage("1", large)}));
  EXPECT_FALSE(holds("a"));
  EXPECT_TRUE(holds("b"));
  EXPECT_TRUE(holds("c"));
  EXPECT_LE(cache_.use().bytes, 100'000U);
  put("d", answer_from({passage("1", "x")}, std::string(100'000, 'x')));
  EXPECT_FALSE(holds("d"));
  EXPECT_TRUE(holds("b")) << "what does not fit at all pushes nothing out";
  EXPECT_EQ(metrics_.value("wellspring_answer_cache_bytes"), static_cast<double>(cache_.use().bytes));
}

TEST_F(AnswerCacheTest, AnArticleThatChangesTakesItsAnswersWithIt) {
  put("one", answer_from({passage("1", "x"), passage("2", "y")}));
  put("two", answer_from({passage("2", "y", "fr")}));
  put("three", answer_from({passage("3", "z")}));
  EXPECT_EQ(cache_.forget(model::ArticleKey{ArticleId("2"), "en"}), 1U);
  EXPECT_FALSE(holds("one"));
  EXPECT_TRUE(holds("two"));
  EXPECT_EQ(cache_.forget(ArticleId("2")), 1U);
  EXPECT_FALSE(holds("two"));
  EXPECT_TRUE(holds("three"));
  EXPECT_EQ(cache_.forget(ArticleId("2")), 0U);
  EXPECT_EQ(dropped("article"), 2);
}

TEST_F(AnswerCacheTest, AnAnswerFromBeforeAChangeIsNotKept) {
  const std::uint64_t seen = cache_.changes();
  cache_.forget(ArticleId("1"));
  cache_.put("a", answer_from({passage("1", "withdrawn")}), 1, seen, kStart);
  EXPECT_FALSE(holds("a"));
  cache_.put("b", answer_from({passage("2", "stays")}), 1, seen, kStart);
  EXPECT_TRUE(holds("b")) << "no business of the change";
  cache_.put("a", answer_from({passage("1", "new revision")}), 1, cache_.changes(), kStart);
  EXPECT_TRUE(holds("a"));
}

TEST_F(AnswerCacheTest, AnAnswerFromBeforeTooManyChangesIsNotKept) {
  const std::uint64_t seen = cache_.changes();
  cache_.forget(ArticleId("1"));
  for (int other = 0; other < 10'000; ++other) cache_.forget(ArticleId("other"));
  cache_.put("a", answer_from({passage("1", "withdrawn")}), 1, seen, kStart);
  EXPECT_FALSE(holds("a"));
}

TEST_F(AnswerCacheTest, AConfirmationIsForTheEntryThatWasSeen) {
  put("a", answer_from({passage("1", "x")}));
  const auto seen = cache_.find("a", kStart).answer;
  cache_.confirm("a", seen, 7);
  EXPECT_EQ(cache_.find("a", kStart).generation, 7U);
  cache_.confirm("a", seen, 5);
  EXPECT_EQ(cache_.find("a", kStart).generation, 7U);
  cache_.forget(ArticleId("1"));
  cache_.confirm("a", seen, 8);
  EXPECT_FALSE(holds("a"));
  put("a", answer_from({passage("1", "y")}));
  cache_.confirm("a", seen, 9);
  cache_.drop("a", seen);
  EXPECT_EQ(cache_.find("a", kStart).generation, 1U);
}

TEST(SamePassages, TextMetadataAndOrderCount) {
  const auto hits = [](std::vector<std::shared_ptr<model::Chunk>> chunks) {
    return answer_from(std::move(chunks)).hits;
  };
  const auto first = hits({passage("1", "x"), passage("2", "y")});
  EXPECT_TRUE(same_passages(first, hits({passage("1", "x"), passage("2", "y")})));
  EXPECT_FALSE(same_passages(first, hits({passage("2", "y"), passage("1", "x")})));
  EXPECT_FALSE(same_passages(first, hits({passage("1", "x")})));
  EXPECT_FALSE(same_passages(first, hits({passage("1", "X"), passage("2", "y")})));
  auto retitled = passage("2", "y");
  retitled->metadata.author = "someone";
  EXPECT_FALSE(same_passages(first, hits({passage("1", "x"), retitled})));
}

TEST(AnswerKey, CaseAndBlanksDoNotCount) {
  const std::string key = answer_key("What is a lease?", {}, "en");
  EXPECT_EQ(answer_key("WHAT  is\ta\u00A0lease?", {}, "en"), key);
  EXPECT_EQ(answer_key(" what\n\n is a lease? ", {}, "EN"), key);
  EXPECT_EQ(folded("STRASSE  \u00C9t\u00E9"), folded("stra\u00DFe e\u0301te\u0301"));
  EXPECT_NE(folded("2\u2075 = 32"), folded("25 = 32"));
  EXPECT_EQ(folded("\xFF broken"), "\xFF broken");
}

TEST(AnswerKey, QuestionConversationAndLocaleCount) {
  const std::string key = answer_key("And it?", {}, "en");
  EXPECT_NE(answer_key("And that?", {}, "en"), key);
  EXPECT_NE(answer_key("And it?", {}, "fr"), key);
  const std::vector<model::ChatPair> pairs{{"Lamps?", "At dusk."}};
  const std::string with_pairs = answer_key("And it?", pairs, "en");
  EXPECT_NE(with_pairs, key);
  EXPECT_EQ(answer_key("and IT?", std::vector<model::ChatPair>{{"lamps?", "at  dusk."}}, "en"), with_pairs);
  EXPECT_NE(answer_key("And it?", std::vector<model::ChatPair>{{"Lamps?At", " dusk."}}, "en"), with_pairs);
  EXPECT_EQ(key.find("it"), std::string::npos);
}

}  // namespace
}  // namespace wellspring::rag
