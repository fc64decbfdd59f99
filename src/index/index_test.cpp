#include "index/index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "index/naive_index.hpp"

namespace wellspring::index {
namespace {

using model::ArticleKey;
using model::SearchMode;
using testing::make_chunk;

ArticleKey key(const std::string& id, const std::string& locale = "en") {
  return {ArticleId(id), locale};
}

IndexOptions two_dimensions() {
  IndexOptions options;
  options.dimension = 2;
  return options;
}

class IndexTest : public ::testing::Test {
 protected:
  void put(const ArticleKey& article, const std::vector<std::string>& texts,
           const std::vector<float>& vector = {1, 0}) {
    std::vector<model::EmbeddedChunk> chunks;
    for (const std::string& text : texts) chunks.push_back(make_chunk(article, chunks.size(), text, vector));
    index_.replace(article, std::move(chunks));
  }
  std::vector<std::string> find(const std::string& text, SearchMode mode = SearchMode::kBm25,
                                std::vector<float> vector = {}, model::Filter filter = {},
                                std::size_t k = 10) {
    model::Query query;
    query.text = text;
    query.mode = mode;
    query.filter = std::move(filter);
    query.k = k;
    std::vector<std::string> found;
    for (const model::Hit& hit : index_.snapshot()->search(query, vector, {}))
      found.push_back(hit.chunk->text);
    return found;
  }
  Index index_{two_dimensions(), testing::split_words};
};

using Texts = std::vector<std::string>;

TEST_F(IndexTest, AnEmptyIndexFindsNothing) {
  for (const SearchMode mode : {SearchMode::kBm25, SearchMode::kDense, SearchMode::kHybrid}) {
    EXPECT_TRUE(find("water", mode, {1, 0}).empty());
  }
  EXPECT_EQ(index_.snapshot()->chunk_count(), 0U);
  EXPECT_FALSE(index_.merge_step());
}

TEST_F(IndexTest, ReplaceIsVisibleAtOnceAndLeavesNothingOfTheOldRevision) {
  put(key("a"), {"old water", "old stone"});
  put(key("a"), {"new water"});
  EXPECT_EQ(find("water old stone"), Texts{"new water"});
  EXPECT_EQ(index_.snapshot()->chunk_count(), 1U);
  EXPECT_EQ(index_.snapshot()->article_count(), 1U);
}

TEST_F(IndexTest, ReplacingByNothingRemoves) {
  put(key("a"), {"water"});
  put(key("a"), {});
  EXPECT_TRUE(find("water").empty());
  EXPECT_EQ(index_.snapshot()->article_count(), 0U);
}

TEST_F(IndexTest, RemoveTakesAllLocalesAndOnlyThatArticle) {
  put(key("a", "en"), {"water"});
  put(key("a", "fr"), {"water eau"});
  put(key("ab", "en"), {"water too"});
  index_.remove(ArticleId("a"));
  EXPECT_EQ(find("water eau"), Texts{"water too"});
}

TEST_F(IndexTest, RemovingWhatIsUnknownChangesNothing) {
  put(key("a"), {"water"});
  index_.remove(ArticleId("b"));
  EXPECT_EQ(find("water"), Texts{"water"});
}

TEST_F(IndexTest, AReaderKeepsTheStateItTook) {
  put(key("a"), {"water"});
  const auto before = index_.snapshot();
  index_.remove(ArticleId("a"));
  model::Query query;
  query.text = "water";
  query.mode = SearchMode::kBm25;
  const std::vector<model::Hit> hits = before->search(query, {}, {});
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].chunk->text, "water");
  EXPECT_EQ(before->chunk_count(), 1U);
}

TEST_F(IndexTest, SnapshotsOutliveTheIndex) {
  auto index = std::make_unique<Index>(two_dimensions(), testing::split_words);
  index->replace(key("a"), {make_chunk(key("a"), 0, "water", {1, 0})});
  const auto snapshot = index->snapshot();
  index.reset();
  model::Query query;
  query.text = "water";
  EXPECT_EQ(snapshot->search(query, std::vector<float>{1, 0}, {}).size(), 1U);
}

TEST_F(IndexTest, EqualScoresAreOrderedByArticleThenChunkAcrossSegments) {
  put(key("c"), {"water c0", "water c1"});
  put(key("a"), {"water a0", "water a1"});
  put(key("b"), {"water b0"});
  const Texts expected{"water a0", "water a1", "water b0", "water c0", "water c1"};
  EXPECT_EQ(find("water"), expected);
  EXPECT_EQ(find("", SearchMode::kDense, {1, 0}), expected);
  EXPECT_EQ(find("water", SearchMode::kHybrid, {1, 0}), expected);
  EXPECT_EQ(find("water", SearchMode::kBm25, {}, {}, 3), (Texts{"water a0", "water a1", "water b0"}));
}

TEST_F(IndexTest, AWordTheQueryRepeatsCountsTwice) {
  put(key("a"), {"water"});
  put(key("b"), {"stone"});
  EXPECT_EQ(find("water stone stone"), (Texts{"stone", "water"}));
  EXPECT_EQ(find("water water stone"), (Texts{"water", "stone"}));
}

TEST_F(IndexTest, HitsCarryTheRawScoresOfTheStagesThatRan) {
  put(key("a"), {"water"}, {0.6F, 0.8F});
  model::Query query;
  query.text = "water";
  query.mode = SearchMode::kHybrid;
  const std::vector<float> vector{1, 0};
  const model::Hit both = index_.snapshot()->search(query, vector, {}).at(0);
  // One chunk, one occurrence, average length: ln(1 + 0.5 / 1.5) / (1 + 0.9).
  EXPECT_NEAR(both.bm25, std::log(4.0 / 3) / 1.9, 1e-6);
  EXPECT_NEAR(both.dense, 0.6, 1e-3);
  EXPECT_NEAR(both.score, 1.0, 1e-6);
  query.mode = SearchMode::kBm25;
  EXPECT_EQ(index_.snapshot()->search(query, vector, {}).at(0).dense, 0.0F);
  query.mode = SearchMode::kDense;
  EXPECT_EQ(index_.snapshot()->search(query, vector, {}).at(0).bm25, 0.0F);
}

TEST_F(IndexTest, HybridRestsOnTheStageThatCanRun) {
  put(key("a"), {"water"}, {0, 1});
  put(key("b"), {"stone"}, {1, 0});
  EXPECT_EQ(find("stone", SearchMode::kHybrid), Texts{"stone"});
  EXPECT_EQ(find("", SearchMode::kHybrid, {0, 1}), (Texts{"water", "stone"}));
  EXPECT_TRUE(find("unheard", SearchMode::kHybrid).empty());
}

TEST_F(IndexTest, AVectorThatCannotBeComparedCountsAsNone) {
  put(key("a"), {"water"});
  EXPECT_TRUE(find("", SearchMode::kDense, {1, 0, 0}).empty());
  EXPECT_TRUE(find("", SearchMode::kDense, {std::numeric_limits<float>::quiet_NaN(), 0}).empty());
  EXPECT_TRUE(find("", SearchMode::kDense, {std::numeric_limits<float>::infinity(), 0}).empty());
}

TEST_F(IndexTest, AChunkWithoutVectorIsFoundByItsWords) {
  put(key("a"), {"water"}, {});
  put(key("b"), {"stone"}, {1, 0});
  EXPECT_EQ(find("water", SearchMode::kHybrid, {1, 0}).size(), 2U);
  EXPECT_EQ(find("stone", SearchMode::kDense, {1, 0}).front(), "stone");
}

TEST_F(IndexTest, AskingForNoneGivesNone) {
  put(key("a"), {"water"});
  for (const SearchMode mode : {SearchMode::kBm25, SearchMode::kDense, SearchMode::kHybrid}) {
    EXPECT_TRUE(find("water", mode, {1, 0}, {}, 0).empty());
  }
  EXPECT_EQ(find("water", SearchMode::kHybrid, {1, 0}, {}, std::numeric_limits<std::size_t>::max()).size(),
            1U);
}

TEST_F(IndexTest, FiltersHoldInEveryMode) {
  put(key("a", "en"), {"water"});
  put(key("b", "fr"), {"water"});
  for (const SearchMode mode : {SearchMode::kBm25, SearchMode::kDense, SearchMode::kHybrid}) {
    EXPECT_EQ(find("water", mode, {1, 0}, {{"locale", {"fr"}}}).size(), 1U);
    EXPECT_TRUE(find("water", mode, {1, 0}, {{"nonsense", {"fr"}}}).empty());
  }
}

class IndexLocales : public IndexTest {
 protected:
  IndexLocales() {
    put(key("all", "en"), {"all en"});
    put(key("all", "es"), {"all es", "all es more"});
    put(key("all", "fr"), {"all fr"});
    put(key("some", "en"), {"some en"});
    put(key("some", "es"), {"some es"});
    put(key("odd", "de"), {"odd de"});
    put(key("odd", "pt-BR"), {"odd pt"});
  }
  Texts read_by(const std::string& reader, SearchMode mode = SearchMode::kBm25, model::Filter filter = {},
                const std::string& otherwise = "en") {
    model::Query query;
    query.text = "all some odd";
    query.mode = mode;
    query.filter = std::move(filter);
    query.locale = reader;
    SearchOptions options;
    options.default_locale = otherwise;
    Texts found;
    for (const model::Hit& hit : index_.snapshot()->search(query, std::vector<float>{1, 0}, options))
      found.push_back(hit.chunk->text);
    std::sort(found.begin(), found.end());
    return found;
  }
};

TEST_F(IndexLocales, EveryArticleIsFoundInTheReadersLocaleElseInTheDefaultElseInAny) {
  for (const SearchMode mode : {SearchMode::kBm25, SearchMode::kDense, SearchMode::kHybrid}) {
    EXPECT_EQ(read_by("fr", mode), (Texts{"all fr", "odd de", "some en"}));
    EXPECT_EQ(read_by("fr-CA", mode), (Texts{"all fr", "odd de", "some en"}));
    EXPECT_EQ(read_by("es", mode), (Texts{"all es", "all es more", "odd de", "some es"}));
    EXPECT_EQ(read_by("pt", mode), (Texts{"all en", "odd pt", "some en"}));
    EXPECT_EQ(read_by("it", mode, {}, "es"), (Texts{"all es", "all es more", "odd de", "some es"}));
  }
  EXPECT_EQ(index_.snapshot()->locales(), (Texts{"de", "en", "es", "fr", "pt-BR"}));
}

TEST_F(IndexLocales, AFilterIsAskedFirst) {
  EXPECT_EQ(read_by("fr", SearchMode::kHybrid, {{"locale", {"es"}}}),
            (Texts{"all es", "all es more", "some es"}));
  EXPECT_EQ(read_by("fr", SearchMode::kHybrid, {{"chunk_index", {"1"}}}), Texts{"all es more"});
}

TEST_F(IndexLocales, ALocaleThatIsGoneIsNotChosen) {
  put(key("all", "es"), {});
  EXPECT_EQ(read_by("es"), (Texts{"all en", "odd de", "some es"}));
  put(key("some", "es"), {});
  EXPECT_EQ(index_.snapshot()->locales(), (Texts{"de", "en", "fr", "pt-BR"}));
  index_.remove(ArticleId("all"));
  while (index_.merge_step()) {
  }
  EXPECT_EQ(read_by("es"), (Texts{"odd de", "some en"}));
  EXPECT_EQ(index_.snapshot()->locales(), (Texts{"de", "en", "pt-BR"}));
}

TEST_F(IndexLocales, TheQueryIsReadAsEachChunksLocaleReadsIt) {
  Index index(two_dimensions(), testing::stem_words);  // "fr" drops a word's last letter
  index.replace(key("a", "fr"), {make_chunk(key("a", "fr"), 0, "lampes", {1, 0})});
  index.replace(key("b", "en"), {make_chunk(key("b", "en"), 0, "lampes", {1, 0})});
  model::Query query;
  query.mode = SearchMode::kBm25;
  for (const char* reader : {"en", "fr"}) {
    query.locale = reader;
    query.text = "lampez";
    const auto stemmed = index.snapshot()->search(query, {}, {});
    ASSERT_EQ(stemmed.size(), 1U) << reader;
    EXPECT_EQ(stemmed[0].chunk->metadata.article.locale, "fr");
    query.text = "lampes";
    EXPECT_EQ(index.snapshot()->search(query, {}, {}).size(), 2U) << reader;
  }
}

TEST_F(IndexTest, TextsWithoutAnyTermAreHarmless) {
  put(key("a"), {"", "   "});
  EXPECT_TRUE(find("water").empty());
  EXPECT_EQ(find("water", SearchMode::kHybrid, {1, 0}).size(), 2U);
}

TEST_F(IndexTest, LoadPutsItsArticlesInPlaceOfWhatWasThere) {
  put(key("old"), {"water"});
  std::vector<std::pair<ArticleKey, std::vector<model::EmbeddedChunk>>> articles;
  articles.emplace_back(key("b"), std::vector{make_chunk(key("b"), 0, "first water")});
  articles.emplace_back(key("a"), std::vector{make_chunk(key("a"), 0, "a water")});
  articles.emplace_back(key("c"), std::vector<model::EmbeddedChunk>{});
  articles.emplace_back(key("b"), std::vector{make_chunk(key("b"), 0, "last water")});
  index_.load(std::move(articles));
  EXPECT_EQ(find("water"), (Texts{"a water", "last water"}));
  EXPECT_EQ(index_.snapshot()->article_count(), 2U);
  index_.load({});
  EXPECT_EQ(index_.snapshot()->article_count(), 0U);
}

TEST_F(IndexTest, LoadInPartsIsTheSameAsLoadInOne) {
  std::vector<std::pair<ArticleKey, std::vector<model::EmbeddedChunk>>> articles;
  for (int at = 0; at < 3000; ++at) {
    const ArticleKey article = key(std::to_string(at));
    const std::string text = "water w" + std::to_string(at % 17);
    articles.emplace_back(article, std::vector{make_chunk(article, 0, text, {1, 0})});
  }
  std::size_t tasks = 0;
  const auto run = [&](std::size_t count, const std::function<void(std::size_t)>& task) {
    tasks = count;
    for (std::size_t at = count; at > 0; --at) task(at - 1);
  };
  index_.load(articles);
  const Texts expected = find("w3 water", SearchMode::kHybrid, {1, 0}, {}, 100);
  index_.load(articles, run);
  EXPECT_GT(tasks, 1U);
  EXPECT_EQ(find("w3 water", SearchMode::kHybrid, {1, 0}, {}, 100), expected);
  EXPECT_EQ(index_.snapshot()->chunk_count(), 3000U);
}

TEST_F(IndexTest, MergingChangesNoAnswer) {
  for (int at = 0; at < 40; ++at) put(key(std::to_string(at)), {"water w" + std::to_string(at % 5), "stone"});
  for (int at = 0; at < 40; at += 3) index_.remove(ArticleId(std::to_string(at)));
  const Texts before = find("water w3 stone", SearchMode::kHybrid, {1, 0}, {}, 100);
  const std::size_t chunks = index_.snapshot()->chunk_count();
  EXPECT_TRUE(index_.merge_step());
  while (index_.merge_step()) {
  }
  EXPECT_EQ(find("water w3 stone", SearchMode::kHybrid, {1, 0}, {}, 100), before);
  EXPECT_EQ(index_.snapshot()->chunk_count(), chunks);
}

TEST_F(IndexTest, AGenerationIsOneContentWhateverIsMerged) {
  const std::uint64_t first = index_.snapshot()->generation();
  for (int at = 0; at < 40; ++at) put(key(std::to_string(at)), {"water"});
  const std::uint64_t filled = index_.snapshot()->generation();
  EXPECT_GE(filled, first + 40);
  const auto before = index_.snapshot();
  ASSERT_TRUE(index_.merge_step());
  EXPECT_NE(index_.snapshot(), before);
  EXPECT_EQ(index_.snapshot()->generation(), filled);
  index_.remove(ArticleId("7"));
  EXPECT_EQ(index_.snapshot()->generation(), filled + 1);
  index_.load({});
  EXPECT_EQ(index_.snapshot()->generation(), filled + 2);
  EXPECT_EQ(before->generation(), filled);
}

}  // namespace
}  // namespace wellspring::index
