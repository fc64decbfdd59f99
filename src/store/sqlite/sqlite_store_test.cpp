#include "store/sqlite/sqlite_store.hpp"

#include <fstream>

#include "store/article_store_contract.hpp"
#include "store/job_journal_contract.hpp"
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

}  // namespace wellspring::store
