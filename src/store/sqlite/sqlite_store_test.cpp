#include "store/sqlite/sqlite_store.hpp"

#include <fstream>

#include "base/limits.hpp"
#include "store/article_store_contract.hpp"
#include "store/job_journal_contract.hpp"
#include "store/question_store_contract.hpp"
#include "store/source_store_contract.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/journal.hpp"
#include "store/temp_dir.hpp"

namespace wellspring::store::sqlite {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() { reopen(); }
  ArticleStore& articles() override { return store_->articles(); }
  JobJournal& journal() override { return store_->journal(); }
  void reopen() override {
    store_.reset();
    store_ = open_sqlite_store(directory_.path()).value();
  }

 private:
  TempDir directory_;
  std::unique_ptr<SqliteStore> store_;
};

const StoreFactory kSqlite = [] { return std::make_unique<SqliteUnderTest>(); };

/// One port of a store of its own.
template <class Port, Port& (SqliteStore::*kPort)()>
class SqlitePortUnderTest final : public PortUnderTest<Port> {
 public:
  SqlitePortUnderTest() { reopen(); }
  Port& port() override { return (store_.get()->*kPort)(); }
  void reopen() override {
    store_.reset();
    store_ = open_sqlite_store(directory_.path()).value();
  }

 private:
  TempDir directory_;
  std::unique_ptr<SqliteStore> store_;
};

const PortFactory<SourceStore> kSources = [] {
  return std::make_unique<SqlitePortUnderTest<SourceStore, &SqliteStore::sources>>();
};
const PortFactory<QuestionStore> kQuestions = [] {
  return std::make_unique<SqlitePortUnderTest<QuestionStore, &SqliteStore::questions>>();
};

std::filesystem::path file_in(const TempDir& directory) {
  return directory.path() / "wellspring.db";
}

TEST(SqliteStore, RefusesANewerSchema) {
  TempDir directory;
  ASSERT_TRUE(open_sqlite_store(directory.path()).has_value());
  Connection(file_in(directory)).execute("PRAGMA user_version = 99");
  const auto refused = open_sqlite_store(directory.path());
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(refused.error().message.find("99"), std::string::npos);
  EXPECT_NE(refused.error().message.find("wellspring.db"), std::string::npos);
}

std::int64_t version_of(const TempDir& directory) {
  Connection connection(file_in(directory));
  Statement query = connection.prepare("PRAGMA user_version");
  query.step();
  return query.integer(0);
}

/// A directory as the first version of the schema left it: without sources and questions.
void make_version_1(const TempDir& directory) {
  auto store = open_sqlite_store(directory.path()).value();
  ASSERT_TRUE(store->articles().publish(make_revision("a", "x", 3, at(1)), at(1)).has_value());
  const model::NewJob job = make_job("b", at(2));
  ASSERT_TRUE(store->journal().append({&job, 1}, at(2)).has_value());
  store.reset();
  Connection connection(file_in(directory));
  connection.execute(
      "DROP TABLE data_sources; DROP TABLE user_questions; DROP TABLE spooled_jobs; "
      "DROP INDEX jobs_by_delivery; DROP INDEX jobs_backlog; "
      "ALTER TABLE jobs DROP COLUMN delivery; ALTER TABLE jobs DROP COLUMN text_bytes; "
      "PRAGMA user_version = 1");
}

TEST(SqliteStore, BringsAnOlderSchemaUpToDateAndKeepsItsContent) {
  TempDir directory;
  make_version_1(directory);
  for (int opened = 0; opened < 2; ++opened) {
    auto store = open_sqlite_store(directory.path()).value();
    EXPECT_EQ(store->articles().chunks({ArticleId("a"), "en"}).value().size(), 3U);
    EXPECT_EQ(store->journal().list({}, 0, 10).value().size(), 1U);
    EXPECT_EQ(store->journal().backlog().jobs, 1U);
    EXPECT_GT(store->journal().backlog().bytes, 0U);
    EXPECT_EQ(store->sources().list().value().size(), static_cast<std::size_t>(opened));
    const model::NewSource source{
        .name = "n", .type = "web", .uri = "u" + std::to_string(opened), .last_ingested_at = {}};
    EXPECT_TRUE(store->sources().create(source, at(3)).has_value());
    EXPECT_EQ(store->questions().stats().value().total(), 0U);
  }
  EXPECT_EQ(version_of(directory), 5);
}

TEST(SqliteStore, AnUpgradeThatFailsLeavesTheOlderSchema) {
  TempDir directory;
  make_version_1(directory);
  Connection(file_in(directory)).execute("CREATE TABLE user_questions (in_the_way TEXT)");
  EXPECT_TRUE(open_sqlite_store(directory.path()).has_error());
  EXPECT_EQ(version_of(directory), 1);
  Connection connection(file_in(directory));
  Statement tables = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'data_sources'");
  EXPECT_FALSE(tables.step());
}

TEST(SqliteStore, RefusesAnotherProgramsDatabase) {
  TempDir directory;
  Connection(file_in(directory)).execute("CREATE TABLE notes (text)");
  const auto refused = open_sqlite_store(directory.path());
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
}

TEST(SqliteStore, CallsAFileThatIsNoDatabaseCorrupt) {
  TempDir directory;
  std::ofstream(file_in(directory)) << std::string(8192, 'x');
  const auto refused = open_sqlite_store(directory.path());
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kCorrupt);
}

TEST(SqliteStore, AMissingDirectoryIsUnavailable) {
  const auto refused = open_sqlite_store("/nonexistent/wellspring");
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(refused.error().message.find("/nonexistent/wellspring"), std::string::npos);
}

TEST(SqliteStore, MissingChunksAreCorruptAndNotAShorterArticle) {
  TempDir directory;
  auto store = open_sqlite_store(directory.path()).value();
  ASSERT_TRUE(store->articles().publish(make_revision("a", "x", 3, at(1)), at(1)).has_value());
  Connection(file_in(directory)).execute("DELETE FROM chunks WHERE position = 1");
  const auto read = store->articles().chunks({ArticleId("a"), "en"});
  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(read.error().subject, "a");
}

TEST(SqliteSources, AreAsManyAsAreAllowedAndNoMore) {
  TempDir directory;
  auto store = open_sqlite_store(directory.path()).value();
  const std::string fill = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                           std::to_string(limits::kSources) +
                           ") INSERT INTO data_sources (id, name, type, uri, status, created_at, updated_at) "
                           "SELECT i, 'n', 't', i, 's', 1, 1 FROM n";
  Connection(file_in(directory)).execute(fill.c_str());
  const auto create = [&](const std::string& uri) {
    return store->sources().create({.name = "n", .type = "t", .uri = uri, .last_ingested_at = {}}, at(1));
  };
  EXPECT_TRUE(create("the last").has_value());
  EXPECT_EQ(create("one more").error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(create("the last").error().kind, ErrorKind::kConflict);
  EXPECT_EQ(store->sources().list().value().size(), limits::kSources);
}

TEST(SqliteStore, AFullDiskIsAResourceErrorAndRollsBack) {
  TempDir directory;
  Database database(file_in(directory));
  const auto full = database.write({"fill"}, [](Connection& connection) {
    connection.prepare("INSERT INTO tombstones VALUES ('a', 1, 1)").run();
    connection.execute("PRAGMA max_page_count = 1");
    connection.execute("CREATE TABLE filler AS SELECT zeroblob(1000000)");
  });
  ASSERT_TRUE(full.has_error());
  EXPECT_EQ(full.error().kind, ErrorKind::kResource);
  const auto rows = database.read({"count"}, [](Connection& connection) {
    Statement count = connection.prepare("SELECT count(*) FROM tombstones");
    count.step();
    return count.integer(0);
  });
  EXPECT_EQ(rows.value(), 0);
}

/// A claim reads the first entry of an index in its order: as quick with thousands of queued jobs as with
/// one.
TEST(SqliteJournal, ADeliveryIsLookedUpInItsIndex) {
  TempDir directory;
  ASSERT_TRUE(open_sqlite_store(directory.path()).has_value());
  Connection connection(file_in(directory));
  Statement plan = connection.prepare("EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE delivery = ?");
  ASSERT_TRUE(plan.step());
  EXPECT_NE(plan.text(3).find("jobs_by_delivery"), std::string::npos) << plan.text(3);
  EXPECT_FALSE(plan.step());
}

TEST(SqliteJournal, AClaimReadsOneIndexAndSortsNothing) {
  TempDir directory;
  ASSERT_TRUE(open_sqlite_store(directory.path()).has_value());
  Connection connection(file_in(directory));
  Statement plan = connection.prepare("EXPLAIN QUERY PLAN " + std::string(kNextJob));
  std::vector<std::string> steps;
  while (plan.step()) steps.push_back(plan.text(3));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_NE(steps.front().find("jobs_ready"), std::string::npos) << steps.front();
}

}  // namespace
}  // namespace wellspring::store::sqlite

namespace wellspring::store {

INSTANTIATE_TEST_SUITE_P(Sqlite, ArticleStoreContract, testing::Values(sqlite::kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, JobJournalContract, testing::Values(sqlite::kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, SourceStoreContract, testing::Values(sqlite::kSources));
INSTANTIATE_TEST_SUITE_P(Sqlite, QuestionStoreContract, testing::Values(sqlite::kQuestions));

}  // namespace wellspring::store
