// What is too large, not allowed or damaged is told in a sentence, and leaves nothing behind.
#include "store/mongo/session.hpp"
#include "store/store_contract.hpp"
#include "store_mongo/server.hpp"
#include "store_mongo/server_fake.hpp"

namespace wellspring::store::mongo::testing {
namespace {

using ::wellspring::testing::Effect;
using ::wellspring::testing::FaultRule;

class MongoLimits : public ::testing::Test {
 protected:
  MongoLimits() { store_->prepare().value(); }
  ~MongoLimits() override { fake_server().clear_faults(); }
  static Revision revision_of(std::size_t chunks, std::size_t bytes) {
    Revision revision = make_revision("a", "x", chunks, at(1));
    for (auto& chunk : revision.chunks) chunk.chunk.text.resize(bytes, 'x');
    return revision;
  }
  Channel channel() { return Channel(shared_pool(), database_, clock_); }
  static std::uint64_t commands(const std::string& name) { return fake_server().snapshot().commands(name); }

  SystemClock clock_;
  const std::string database_ = fresh_database();
  std::unique_ptr<MongoStore> store_ = open_store(database_);
};

TEST_F(MongoLimits, ALargeArticleGoesInSeveralMessages) {
  const Revision large = revision_of(5, 15U << 20);
  const std::uint64_t before = commands("insert");
  ASSERT_TRUE(store_->articles().publish(large, at(1)).has_value());
  EXPECT_GE(commands("insert") - before, 3U) << "75 MB in messages of 32 MB, and the article's row";
  const auto chunks = store_->articles().chunks({ArticleId("a"), "en"}).value();
  ASSERT_EQ(chunks.size(), 5U);
  EXPECT_EQ(chunks[4].chunk.text.size(), 15U << 20);
}

TEST_F(MongoLimits, AChunkThatNoRowHoldsIsRefused) {
  ASSERT_TRUE(store_->articles().publish(make_revision("a", "old", 2, at(1)), at(1)).has_value());
  const auto refused = store_->articles().publish(revision_of(2, 16U << 20), at(2));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
  EXPECT_NE(refused.error().message.find("litecoin_docs"), std::string::npos) << refused.error().message;
  EXPECT_EQ(store_->articles().chunks({ArticleId("a"), "en"}).value().size(), 2U);
  EXPECT_EQ(store_->chunk_rows().value(), 2U);
}

TEST_F(MongoLimits, AJobThatNoRowHoldsIsRefusedWithAllOfItsAppend) {
  std::vector<model::NewJob> jobs{make_job("a"), make_job("b")};
  jobs[1].article.markdown.resize(16U << 20, 'x');
  const auto refused = store_->journal().append(jobs, at(1));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
  EXPECT_TRUE(store_->journal().list({}, 0, 10).value().empty());
}

TEST_F(MongoLimits, ABatchThatIsRefusedTakesTheOnesBeforeItBack) {
  std::vector<model::NewJob> jobs(4, make_job("a"));
  for (auto& job : jobs) job.article.markdown.resize(15U << 20, 'x');
  FaultRule full;
  full.command = "insert";
  full.skip = 1;
  full.times = 1;
  full.effect = Effect::kError;
  full.error_code = 14031;
  full.error_name = "OutOfDiskSpace";
  fake_server().add_fault(full);
  const auto refused = store_->journal().append(jobs, at(1));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kResource);
  EXPECT_TRUE(store_->journal().list({}, 0, 10).value().empty());
}

TEST_F(MongoLimits, MissingRightsAreSaid) {
  FaultRule forbidden;
  forbidden.command = "insert";
  forbidden.times = 1;
  forbidden.effect = Effect::kError;
  forbidden.error_code = 13;
  forbidden.error_name = "Unauthorized";
  fake_server().add_fault(forbidden);
  const auto refused = store_->articles().publish(make_revision("a", "x", 1, at(1)), at(1));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnauthenticated);
  EXPECT_EQ(refused.error().subject, "a");
}

TEST_F(MongoLimits, MissingRowsOfOursAreCorruptAndNotAShorterArticle) {
  ASSERT_TRUE(store_->articles().publish(make_revision("a", "x", 3, at(1)), at(1)).has_value());
  Channel direct = channel();
  direct.use([&](Session& session) { session.remove("litecoin_docs", doc("index", 1)); });
  const auto read = store_->articles().chunks({ArticleId("a"), "en"});
  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(read.error().subject, "a");
  const auto all = store_->articles().for_each(
      "model-a", [](const model::ArticleKey&, auto&&) -> Result<void> { return {}; });
  ASSERT_TRUE(all.has_error());
  EXPECT_EQ(all.error().subject, "a");
}

TEST_F(MongoLimits, AnIndexThatStandsInTheWayIsNamed) {
  const std::string database = fresh_database();
  Channel direct(shared_pool(), database, clock_);
  direct.use([&](Session& session) {
    session.write(doc("createIndexes", "wellspring_jobs", "indexes",
                      array(doc("key", doc("other", 1), "name", "ready"))));
  });
  const auto refused = open_store(database)->prepare();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  for (const char* named : {"ready", "wellspring_jobs", "drop the index"}) {
    EXPECT_NE(refused.error().message.find(named), std::string::npos) << refused.error().message;
  }
}

TEST_F(MongoLimits, AnIndexOfAnotherNameServesAsWell) {
  const std::string database = fresh_database();
  Channel direct(shared_pool(), database, clock_);
  direct.use([&](Session& session) {
    session.write(doc("createIndexes", "litecoin_docs", "indexes",
                      array(doc("key", doc("metadata.payload_id", 1), "name", "theirs"))));
  });
  EXPECT_TRUE(open_store(database)->prepare().has_value());
}

}  // namespace
}  // namespace wellspring::store::mongo::testing
