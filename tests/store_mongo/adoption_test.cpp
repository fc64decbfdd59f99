// A database that the reference backend filled is taken over as it is.
#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "store/mongo/session.hpp"
#include "store/store_contract.hpp"
#include "store_mongo/server.hpp"

namespace wellspring::store::mongo::testing {
namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t kDimension = 3;

/// The reference's hand in a database.
class Reference {
 public:
  explicit Reference(const std::string& database) : channel_(shared_pool(), database, clock_) {}

  static Doc metadata(const std::string& payload_id, int index, const std::string& status = "published") {
    return doc("payload_id", payload_id, "source", "payload", "content_type", "article", "doc_title",
               "Title of " + payload_id, "author", "u1", "categories", array("c1", "c2"), "status", status,
               "published_date", at(7), "slug", nullptr, "locale", "en", "doc_title_hierarchical",
               "Title of " + payload_id, "section_title", "Section", "chunk_type", "section",
               "content_length", 6, "chunk_index", index, "is_title_chunk", index == 0);
  }
  static std::string text(const std::string& payload_id, int index) {
    return "Title: Title of " + payload_id + "\nSection: Section\n\nbody " + std::to_string(index);
  }
  void write(const Doc& row) {
    std::size_t inserted = 0;
    const Doc* const only = &row;
    channel_.use([&](Session& session) { session.insert("litecoin_docs", {&only, 1}, inserted); });
  }
  /// An article as its webhook leaves it, the last chunk first.
  void write_article(const std::string& payload_id, int chunks) {
    for (int i = chunks - 1; i >= 0; --i) {
      write(doc("text", text(payload_id, i), "metadata", metadata(payload_id, i)));
    }
  }
  /// All rows by text, without the members that are ours to add.
  std::map<std::string, Doc> rows() {
    std::map<std::string, Doc> all;
    channel_.use([&](Session& session) {
      session.find("litecoin_docs", {}, {}, [&](const bson_t& row) {
        Doc theirs;
        bson_copy_to_excluding_noinit(&row, theirs.get(), "vector", "model", nullptr);
        all.emplace(label_of(row, "_id"), std::move(theirs));
        return true;
      });
    });
    return all;
  }

 private:
  SystemClock clock_;
  Channel channel_;
};

class MongoAdoption : public ::testing::Test {
 protected:
  Texts texts(const std::string& id, const std::string& locale = "en") {
    Texts all;
    for (const auto& chunk : store_->articles().chunks({ArticleId(id), locale}).value()) {
      all.push_back(chunk.chunk.text);
    }
    return all;
  }
  std::vector<UnembeddedChunk> missing(std::size_t limit = 100, const std::string& model = "model-a") {
    return store_->missing_vectors().list(model, kDimension, limit).value();
  }
  std::size_t embed(std::size_t limit) {
    std::vector<NewVector> vectors;
    for (const UnembeddedChunk& chunk : missing(limit)) {
      vectors.push_back({chunk.row, {1.0F, static_cast<float>(chunk.text.size()), -0.5F}});
    }
    EXPECT_TRUE(store_->missing_vectors().put("model-a", vectors).has_value());
    return vectors.size();
  }
  void reopen() {
    store_ = open_store(database_);
    store_->prepare().value();
  }

  const std::string database_ = fresh_database();
  Reference reference_{database_};
  std::unique_ptr<MongoStore> store_ = open_store(database_);
};

TEST_F(MongoAdoption, TheFirstStartServesWhatIsThereAndLeavesItAsItIs) {
  reference_.write_article("a", 3);
  reference_.write_article("b", 1);
  const auto before = reference_.rows();
  std::vector<std::size_t> progress;
  const auto report = store_
                          ->prepare([&](std::size_t done, std::size_t total) {
                            progress.push_back(done);
                            EXPECT_EQ(total, 2U);
                          })
                          .value();
  EXPECT_EQ(report.rows, 4U);
  EXPECT_EQ(report.articles, 2U);
  EXPECT_EQ(report.chunks, 4U);
  EXPECT_EQ(report.skipped, 0U);
  EXPECT_EQ(progress, std::vector<std::size_t>{2}) << "told after each batch";
  EXPECT_EQ(texts("a"), (Texts{Reference::text("a", 0), Reference::text("a", 1), Reference::text("a", 2)}));
  const auto stored = store_->articles().find({ArticleId("a"), "en"}).value().value();
  EXPECT_EQ(stored.title, "Title of a");
  EXPECT_EQ(stored.source, "payload");
  EXPECT_EQ(stored.updated_at, std::nullopt);
  EXPECT_EQ(stored.chunk_count, 3U);
  const auto chunks = store_->articles().chunks({ArticleId("a"), "en"}).value();
  const model::ChunkMetadata& metadata = chunks[1].chunk.metadata;
  EXPECT_EQ(chunks[1].chunk.text.substr(chunks[1].chunk.body_offset), "body 1");
  EXPECT_EQ(metadata.author, "u1");
  EXPECT_EQ(metadata.categories, (Texts{"c1", "c2"}));
  EXPECT_EQ(metadata.published_at, at(7));
  EXPECT_EQ(metadata.section, "Section");
  EXPECT_EQ(metadata.type, model::ChunkType::kSection);
  EXPECT_EQ(metadata.content_length, 6U);
  EXPECT_TRUE(chunks[0].chunk.metadata.is_title_chunk);
  EXPECT_TRUE(chunks[0].vector.empty());
  EXPECT_EQ(reference_.rows(), before);
}

TEST_F(MongoAdoption, HappensOnce) {
  reference_.write_article("a", 2);
  EXPECT_EQ(store_->prepare().value().articles, 1U);
  EXPECT_EQ(store_->prepare().value().articles, 0U);
  ASSERT_TRUE(store_->articles().remove(ArticleId("a"), std::nullopt, at(9)).has_value());
  reopen();
  EXPECT_TRUE(texts("a").empty());
}

TEST_F(MongoAdoption, DraftsAndSyntheticQuestionsAreNotServed) {
  reference_.write_article("a", 1);
  Doc synthetic = Reference::metadata("a", 0);
  add_to(synthetic, "is_synthetic", true);
  reference_.write(doc("text", "What is a?", "metadata", synthetic));
  reference_.write(doc("text", "of a draft", "metadata", Reference::metadata("d", 0, "draft")));
  const auto report = store_->prepare().value();
  EXPECT_EQ(report.articles, 1U);
  EXPECT_EQ(report.skipped, 2U);
  EXPECT_EQ(texts("a"), Texts{Reference::text("a", 0)});
  EXPECT_TRUE(texts("d").empty());
  ASSERT_TRUE(store_->articles().remove(ArticleId("a"), at(8), at(9)).has_value());
  EXPECT_EQ(reference_.rows().size(), 1U) << "questions go with their article, others' drafts stay";
}

TEST_F(MongoAdoption, RowsOfFilesAreOneArticleAFile) {
  for (const char* name : {"one", "two"}) {
    reference_.write(doc("text", std::string("passage of file ") + name, "metadata",
                         doc("source", "docs/guide.md", "title", "Guide")));
  }
  reference_.write(doc("text", "passage of another", "metadata", doc("source", "docs/other.md")));
  store_->prepare().value();
  EXPECT_EQ(texts("docs/guide.md").size(), 2U);
  const auto guide = store_->articles().find({ArticleId("docs/guide.md"), "en"}).value().value();
  EXPECT_EQ(guide.title, "Guide");
  EXPECT_EQ(guide.source, "import");
  EXPECT_EQ(store_->articles().find({ArticleId("docs/other.md"), "en"}).value()->title, "docs/other.md");
}

TEST_F(MongoAdoption, RowsThatMakeNoSenseAreLeftOutAndCounted) {
  reference_.write_article("a", 1);
  reference_.write(doc("page_content", "by hand", "source_uri", "u", "embedding", array(1, 2)));
  reference_.write(doc("text", 7, "metadata", Reference::metadata("a", 1)));
  reference_.write(doc("text", "of nobody", "metadata", doc("status", "published")));
  reference_.write(doc("text", "without metadata"));
  const auto report = store_->prepare().value();
  EXPECT_EQ(report.rows, 5U);
  EXPECT_EQ(report.articles, 1U);
  EXPECT_EQ(report.skipped, 4U);
  EXPECT_EQ(store_->bad_rows(), 4U);
  EXPECT_EQ(texts("a").size(), 1U);
  EXPECT_EQ(reference_.rows().size(), 5U);
}

TEST_F(MongoAdoption, APublishReplacesAndARemovalTakesAway) {
  reference_.write_article("a", 3);
  reference_.write_article("b", 2);
  reference_.write_article("c", 1);
  store_->prepare().value();
  ASSERT_TRUE(store_->articles().publish(make_revision("a", "new", 2, at(9)), at(9)).has_value());
  ASSERT_TRUE(store_->articles().remove(ArticleId("b"), at(9), at(9)).has_value());
  EXPECT_EQ(texts("a").size(), 2U);
  EXPECT_NE(texts("a")[0].find("new 0"), std::string::npos);
  EXPECT_TRUE(texts("b").empty());
  EXPECT_EQ(reference_.rows().size(), 3U) << "two of a, one of c";
  reopen();
  EXPECT_TRUE(texts("b").empty());
  EXPECT_EQ(texts("c").size(), 1U);
}

TEST_F(MongoAdoption, RowsThatTheOldBackendTookAwayAreLeftOut) {
  reference_.write_article("a", 2);
  store_->prepare().value();
  SystemClock clock;
  Channel channel(shared_pool(), database_, clock);
  channel.use([&](Session& session) { session.remove("litecoin_docs", doc("metadata.chunk_index", 0)); });
  EXPECT_EQ(texts("a"), Texts{Reference::text("a", 1)});
  EXPECT_EQ(store_->articles().chunks({ArticleId("a"), "en"}).value()[0].chunk.metadata.index, 0U);
  EXPECT_EQ(store_->bad_rows(), 1U);
}

TEST_F(MongoAdoption, ReadersSeeTheAdoptedRevisionOrTheNewOne) {
  constexpr int kArticles = 20;
  for (int i = 0; i < kArticles; ++i) reference_.write_article("a" + std::to_string(i), 3);
  store_->prepare().value();
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::thread reader([&] {
    while (!done) {
      for (int i = 0; i < kArticles; ++i) {
        const std::size_t seen = texts("a" + std::to_string(i)).size();
        torn += seen != 3 && seen != 2;
      }
    }
  });
  for (int i = 0; i < kArticles; ++i) {
    const Revision next = make_revision("a" + std::to_string(i), "new", 2, at(9));
    EXPECT_TRUE(store_->articles().publish(next, at(9)).has_value());
  }
  done = true;
  reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(store_->bad_rows(), 0U);
}

TEST_F(MongoAdoption, MissingVectorsAreComputedInPiecesAndSurviveARestart) {
  reference_.write_article("a", 3);
  reference_.write_article("b", 2);
  store_->prepare().value();
  ASSERT_TRUE(store_->articles().publish(make_revision("own", "x", 2, at(1)), at(1)).has_value());
  EXPECT_EQ(missing().size(), 5U);
  EXPECT_EQ(embed(2), 2U);
  reopen();
  EXPECT_EQ(missing().size(), 3U);
  while (embed(2) > 0) continue;
  EXPECT_TRUE(missing().empty());
  const auto chunks = store_->articles().chunks({ArticleId("a"), "en"}).value();
  for (const auto& chunk : chunks) {
    EXPECT_EQ(chunk.vector, (std::vector<float>{1.0F, static_cast<float>(chunk.chunk.text.size()), -0.5F}));
  }
  EXPECT_EQ(store_->articles().find({ArticleId("a"), "en"}).value()->embedding_model, "model-a");
  EXPECT_EQ(missing(100, "model-b").size(), 7U) << "another model needs them all";
}

TEST_F(MongoAdoption, AnEmbeddingOfTheSameModelIsReadAndOthersAreReplacedBeside) {
  const auto write = [&](const std::string& id, const std::string& model, const Array& embedding) {
    Doc metadata = Reference::metadata(id, 0);
    add_to(metadata, "embedding_model", model);
    reference_.write(doc("text", Reference::text(id, 0), "metadata", metadata, "embedding", embedding));
  };
  write("same", "model-a", array(std::int64_t{1}, std::int64_t{0}, std::int64_t{0}));
  write("other", "model-z", array(std::int64_t{1}, std::int64_t{0}, std::int64_t{0}));
  write("shorter", "model-a", array(std::int64_t{1}, std::int64_t{0}));
  const auto before = reference_.rows();
  store_->prepare().value();
  const auto lacking = missing();
  ASSERT_EQ(lacking.size(), 2U);
  EXPECT_EQ(lacking[0].article.id.value(), "other");
  EXPECT_EQ(lacking[1].article.id.value(), "shorter");
  EXPECT_EQ(embed(10), 2U);
  EXPECT_EQ(reference_.rows(), before) << "the arrays stay";
  std::map<std::string, std::size_t> dimensions;
  ASSERT_TRUE(store_->articles()
                  .for_each("model-a",
                            [&](const model::ArticleKey& key, auto&& chunks) -> Result<void> {
                              dimensions[key.id.value()] = chunks.at(0).vector.size();
                              return {};
                            })
                  .has_value());
  EXPECT_EQ(dimensions, (std::map<std::string, std::size_t>{{"other", 3}, {"same", 3}, {"shorter", 3}}));
}

TEST_F(MongoAdoption, TheOldBackendCanReadWhatIsPublishedHere) {
  store_->prepare().value();
  ASSERT_TRUE(store_->articles().publish(make_revision("a", "new", 2, at(9)), at(9)).has_value());
  for (const auto& [id, row] : reference_.rows()) {
    const Fields fields(*row, id);
    EXPECT_TRUE(fields.optional_text("text").has_value());
    EXPECT_EQ(fields.optional_text("metadata.payload_id"), "a");
    EXPECT_EQ(fields.optional_text("metadata.status"), "published");
    EXPECT_EQ(fields.optional_time("metadata.published_date"), at(7));
    EXPECT_EQ(fields.texts("metadata.categories"), (Texts{"c1", "c2"}));
  }
}

TEST_F(MongoAdoption, SourcesAndQuestionsOfTheReferenceAreRead) {
  SystemClock clock;
  Channel channel(shared_pool(), database_, clock);
  const auto write = [&](const char* collection, const Doc& row) {
    std::size_t inserted = 0;
    const Doc* const only = &row;
    channel.use([&](Session& session) { session.insert(collection, {&only, 1}, inserted); });
  };
  write("data_sources", doc("name", "n", "type", "web", "uri", "u", "status", "active", "created_at", at(1),
                            "updated_at", at(2)));
  write("data_sources", doc("name", nullptr, "type", "web", "uri", "v"));
  write("user_questions", doc("id", nullptr, "question", "why?", "chat_history_length", 2, "endpoint_type",
                              "stream", "timestamp", at(3), "category", nullptr, "tags", Array(), "analyzed",
                              false, "analyzed_at", nullptr));
  store_->prepare().value();
  ASSERT_TRUE(store_->sources()
                  .create({.name = "m", .type = "web", .uri = "w", .last_ingested_at = {}}, at(5))
                  .has_value());
  const auto sources = store_->sources().list().value();
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].uri, "u");
  EXPECT_EQ(sources[0].status, "active");
  EXPECT_EQ(sources[1].uri, "w");
  EXPECT_EQ(store_->bad_rows(), 1U);
  reference_.write(doc("page_content", "x", "source_uri", "u"));
  ASSERT_TRUE(store_->sources().remove(sources[0].id).has_value());
  EXPECT_TRUE(reference_.rows().empty()) << "passages of a source go with it";
  const auto questions = store_->questions().page({}, 0, 10).value().questions;
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].text, "why?");
  EXPECT_EQ(questions[0].endpoint, model::QuestionEndpoint::kStream);
}

TEST_F(MongoAdoption, DoubledUrisOfTheReferenceAreNamed) {
  SystemClock clock;
  Channel channel(shared_pool(), database_, clock);
  for (int i = 0; i < 2; ++i) {
    const Doc row = doc("name", "n", "type", "web", "uri", "same");
    std::size_t inserted = 0;
    const Doc* const only = &row;
    channel.use([&](Session& session) { session.insert("data_sources", {&only, 1}, inserted); });
  }
  const auto refused = store_->prepare();
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().message.find("data_sources"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace wellspring::store::mongo::testing
