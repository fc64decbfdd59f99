#include "rag/ingestor.hpp"

#include <gtest/gtest.h>

#include "base/manual_clock.hpp"
#include "rag/knowledge_for_test.hpp"
#include "store/memory_store.hpp"

namespace wellspring::rag {
namespace {

void split_at_blanks(std::string_view text, std::string_view /*locale*/, std::vector<std::string>& terms) {
  std::string term;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      term += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!term.empty()) {
      terms.push_back(std::exchange(term, {}));
    }
  }
  if (!term.empty()) terms.push_back(term);
}

/// A store that fails on demand in front of one that works.
class FailingStore final : public store::ArticleStore {
 public:
  Result<std::optional<store::StoredRevision>> find(const model::ArticleKey& key) override {
    return inner.find(key);
  }
  Result<std::vector<store::StoredRevision>> find_all(const ArticleId& id) override {
    return inner.find_all(id);
  }
  Result<std::vector<model::EmbeddedChunk>> chunks(const model::ArticleKey& key) override {
    return inner.chunks(key);
  }
  Result<void> publish(const store::Revision& revision, Timestamp now) override {
    if (failing) return fail(ErrorKind::kResource, "store: told to fail");
    return inner.publish(revision, now);
  }
  Result<void> remove(const ArticleId& id, std::optional<Timestamp> tombstone, Timestamp now) override {
    if (failing) return fail(ErrorKind::kResource, "store: told to fail");
    return inner.remove(id, tombstone, now);
  }
  Result<std::vector<store::StoredRevision>> list(const std::string& source, std::size_t offset,
                                                  std::size_t limit) override {
    return inner.list(source, offset, limit);
  }
  Result<void> for_each(
      const std::string& embedding_model,
      const std::function<Result<void>(const model::ArticleKey&, std::vector<model::EmbeddedChunk>&&)>& visit)
      override {
    return inner.for_each(embedding_model, visit);
  }
  Result<store::StoreCounts> counts() override { return inner.counts(); }

  store::MemoryArticles inner;
  bool failing = false;
};

class IngestorTest : public testing::Test {
 protected:
  std::vector<std::string> found(const std::string& text) {
    std::vector<std::string> texts;
    const auto hits =
        index_.snapshot()->search({.text = text, .mode = model::SearchMode::kBm25, .filter = {}}, {}, {});
    for (const auto& hit : hits) texts.push_back(hit.chunk->text.substr(hit.chunk->body_offset));
    return texts;
  }
  double embedded() const { return metrics_.value("wellspring_chunks_embedded_total"); }

  ManualClock clock_;
  obs::Metrics metrics_;
  WordEmbedder embedder_;
  FailingStore store_;
  index::Index index_{{.dimension = 64}, split_at_blanks};
  Ingestor ingestor_{embedder_, store_, index_, clock_, metrics_};
};

const std::string kTwoSections = "## Red\n\nA red fox.\n\n## Blue\n\nA blue whale.";

TEST_F(IngestorTest, WhatIsPublishedIsStoredAndFound) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  EXPECT_EQ(found("fox"), std::vector<std::string>{"A red fox."});
  EXPECT_EQ(embedded(), 2);
  const auto stored = store_.find({ArticleId("1"), "en"}).value();
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->content_hash, content_hash(article("1", "Animals", kTwoSections)));
  EXPECT_EQ(stored->updated_at, parse_timestamp("2025-11-16T17:27:37Z"));
  EXPECT_EQ(stored->chunk_count, 2U);
}

TEST_F(IngestorTest, UnchangedChunksKeepTheirVectors) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  embedder_.embedded.clear();
  ASSERT_TRUE(
      ingestor_.publish(article("1", "Animals", kTwoSections + "\n\n## New\n\nA green frog.")).has_value());
  EXPECT_EQ(embedded(), 3);
  ASSERT_EQ(embedder_.embedded.size(), 1U);
  EXPECT_NE(embedder_.embedded.begin()->find("frog"), std::string::npos);
  EXPECT_EQ(found("whale").size(), 1U);
}

TEST_F(IngestorTest, ANewTitleIsANewTextEverywhere) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  ASSERT_TRUE(ingestor_.publish(article("1", "Beasts", kTwoSections)).has_value());
  EXPECT_EQ(embedded(), 4);
}

TEST_F(IngestorTest, RemovedArticlesAreGoneFromBoth) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  ASSERT_TRUE(ingestor_.remove(ArticleId("1"), std::nullopt).has_value());
  EXPECT_TRUE(found("fox").empty());
  EXPECT_FALSE(store_.find({ArticleId("1"), "en"}).value().has_value());
}

TEST_F(IngestorTest, AFailureLeavesTheOldRevisionServed) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  store_.failing = true;
  EXPECT_EQ(ingestor_.publish(article("1", "Animals", "A red panda.")).error().kind, ErrorKind::kResource);
  EXPECT_EQ(ingestor_.remove(ArticleId("1"), std::nullopt).error().kind, ErrorKind::kResource);
  EXPECT_EQ(found("red"), std::vector<std::string>{"A red fox."});
  store_.failing = false;
  embedder_.failing = true;
  EXPECT_EQ(ingestor_.publish(article("1", "Animals", "A red panda.")).error().kind, ErrorKind::kResource);
  EXPECT_EQ(found("red"), std::vector<std::string>{"A red fox."});
  embedder_.failing = false;
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", "A red panda.")).has_value());
  EXPECT_EQ(found("red"), std::vector<std::string>{"A red panda."});
}

TEST_F(IngestorTest, AnEmptyArticleReplacesAFullOne) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", "")).has_value());
  EXPECT_TRUE(found("fox").empty());
  EXPECT_TRUE(store_.find({ArticleId("1"), "en"}).value()->live);
}

TEST_F(IngestorTest, LoadServesWhatIsStoredWithoutEmbedding) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  index::Index fresh({.dimension = 64}, split_at_blanks);
  Ingestor restarted(embedder_, store_, fresh, clock_, metrics_);
  ASSERT_TRUE(
      restarted.load(read_stored(store_, embedder_.model_name()).value(), Ingestor::Unembedded::kEmbed)
          .has_value());
  EXPECT_EQ(fresh.snapshot()->chunk_count(), 2U);
  EXPECT_EQ(embedded(), 2);
}

TEST_F(IngestorTest, LoadRenewsVectorsOfAnotherModelOnce) {
  ASSERT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
  const WordEmbedder other("other/64");
  for (int start = 0; start < 2; ++start) {
    index::Index fresh({.dimension = 64}, split_at_blanks);
    Ingestor restarted(other, store_, fresh, clock_, metrics_);
    ASSERT_TRUE(restarted.load(read_stored(store_, other.model_name()).value(), Ingestor::Unembedded::kEmbed)
                    .has_value());
    EXPECT_EQ(fresh.snapshot()->chunk_count(), 2U);
    EXPECT_EQ(embedded(), 4);
  }
  EXPECT_EQ(store_.find({ArticleId("1"), "en"}).value()->content_hash,
            content_hash(article("1", "Animals", kTwoSections)));
}

TEST_F(IngestorTest, LoadOfAnEmptyStoreIsAnEmptyIndex) {
  ASSERT_TRUE(
      ingestor_.load(read_stored(store_, embedder_.model_name()).value(), Ingestor::Unembedded::kEmbed)
          .has_value());
  EXPECT_EQ(index_.snapshot()->chunk_count(), 0U);
}

/// Chunks of a MemoryArticles whose vectors another program left out.
class GapsInMemory final : public store::MissingVectors {
 public:
  explicit GapsInMemory(store::ArticleStore& store) : store_(store) {}
  Result<std::vector<store::UnembeddedChunk>> list(const std::string&, std::size_t dimension,
                                                   std::size_t limit) override {
    std::vector<store::UnembeddedChunk> found;
    for (const auto& revision : store_.list("", 0, 100).value()) {
      const auto chunks = store_.chunks(revision.key).value();
      for (std::size_t i = 0; i < chunks.size() && found.size() < limit; ++i) {
        if (chunks[i].vector.size() != dimension || ignores_puts)
          found.push_back(
              {revision.key.id.value() + "#" + std::to_string(i), revision.key, chunks[i].chunk.text});
      }
    }
    return found;
  }
  Result<void> put(const std::string& model, std::span<const store::NewVector> vectors) override {
    for (const store::NewVector& each : vectors) {
      const std::size_t at = each.row.find('#');
      const model::ArticleKey key{ArticleId(each.row.substr(0, at)), "en"};
      store::Revision revision{.key = key,
                               .updated_at = {},
                               .content_hash = "h",
                               .title = "Animals",
                               .source = "payload",
                               .embedding_model = model,
                               .chunks = store_.chunks(key).value()};
      revision.chunks[std::stoul(each.row.substr(at + 1))].vector = each.vector;
      if (const auto kept = store_.publish(revision, Timestamp{}); !kept) return kept.error();
    }
    return {};
  }
  bool ignores_puts = false;

 private:
  store::ArticleStore& store_;
};

class GapsTest : public IngestorTest {
 protected:
  GapsTest() {
    EXPECT_TRUE(ingestor_.publish(article("1", "Animals", kTwoSections)).has_value());
    store::Revision bare{.key = {ArticleId("1"), "en"},
                         .updated_at = {},
                         .content_hash = "h",
                         .title = "Animals",
                         .source = "payload",
                         .embedding_model = embedder_.model_name(),
                         .chunks = store_.chunks({ArticleId("1"), "en"}).value()};
    for (auto& each : bare.chunks) each.vector.clear();
    EXPECT_TRUE(store_.publish(bare, Timestamp{}).has_value());
  }
  std::size_t load() {
    return restarted_.load(read_stored(store_, embedder_.model_name()).value(), Ingestor::Unembedded::kServe)
        .value();
  }
  std::size_t found_by_meaning(const std::string& text) {
    const auto vector = embedder_.embed(std::array<std::string_view, 1>{text}).value().front();
    std::size_t near = 0;
    for (const auto& hit : fresh_.snapshot()->search(
             {.text = text, .mode = model::SearchMode::kDense, .filter = {}}, vector, {}))
      near += hit.score > 0.1F;
    return near;
  }
  index::Index fresh_{{.dimension = 64}, split_at_blanks};
  Ingestor restarted_{embedder_, store_, fresh_, clock_, metrics_};
  GapsInMemory gaps_{store_};
};

TEST_F(GapsTest, ServedByWordsAtOnceAndByMeaningWhenEmbedded) {
  EXPECT_EQ(load(), 2U);
  EXPECT_EQ(fresh_.snapshot()->chunk_count(), 2U);
  EXPECT_EQ(found_by_meaning("A red fox."), 0U);
  EXPECT_EQ(restarted_.embed_some(gaps_).value(), 2U);
  EXPECT_GT(found_by_meaning("A red fox."), 0U);
  EXPECT_EQ(restarted_.embed_some(gaps_).value(), 0U);
  EXPECT_EQ(load(), 0U);
}

TEST_F(GapsTest, AStoreThatKeepsNoVectorIsNotAskedForEver) {
  load();
  gaps_.ignores_puts = true;
  EXPECT_TRUE(restarted_.embed_some(gaps_).has_value());
  EXPECT_EQ(restarted_.embed_some(gaps_).error().kind, ErrorKind::kBug);
}

TEST(ContentHash, TellsWhatShowsAndIgnoresTime) {
  const model::Article base = article("1", "T", "body");
  model::Article later = base;
  later.created_at = later.updated_at = later.published_at = parse_timestamp("2030-01-01");
  EXPECT_EQ(content_hash(later), content_hash(base));
  std::set<std::string> hashes{content_hash(base)};
  const std::vector<std::function<void(model::Article&)>> changes{
      [](auto& a) { a.title = std::string("U"); },
      [](auto& a) { a.markdown = std::string("b"); },
      [](auto& a) { a.author = std::string(""); },
      [](auto& a) { a.slug = std::string(""); },
      [](auto& a) { a.source = std::string("import"); },
      [](auto& a) {
        a.categories = {"x", "y"};
      },
      [](auto& a) { a.categories = {"xy"}; },
      [](auto& a) {
        a.extra = {{"k", "v"}};
      },
      [](auto& a) {
        a.title = std::string("Tb");
        a.markdown = std::string("ody");
      }};
  for (const auto& change : changes) {
    model::Article changed = base;
    change(changed);
    EXPECT_TRUE(hashes.insert(content_hash(changed)).second);
  }
}

}  // namespace
}  // namespace wellspring::rag
