#include "store/sqlite/sqlite_store.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>

#include "store/article_store_contract.hpp"
#include "store/job_journal_contract.hpp"
#include "store/sqlite/database.hpp"
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

/// The quickest of some claims in milliseconds: what the work takes without the noise of disk and machine.
double quickest_claim_ms(JobJournal& journal) {
  double quickest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 30; ++i) {
    const auto started = std::chrono::steady_clock::now();
    EXPECT_TRUE(journal.claim(at(1)).value().has_value());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
    quickest = std::min(quickest, took.count());
  }
  return quickest;
}

TEST(SqliteJournal, AClaimTakesNoLongerWhenManyJobsAreQueued) {
  TempDir directory;
  auto store = open_sqlite_store(directory.path()).value();
  std::vector<model::NewJob> jobs;
  for (int i = 0; i < 40; ++i) jobs.push_back(make_job(std::to_string(i), at(i)));
  ASSERT_TRUE(store->journal().append(jobs, at(0)).has_value());
  const double few_ms = quickest_claim_ms(store->journal());
  jobs.clear();
  for (int i = 100; i < 30'000; ++i)
    jobs.push_back(make_job(std::to_string(i), at(i), model::JobPriority::kImport));
  ASSERT_TRUE(store->journal().append(jobs, at(0)).has_value());
  const double many_ms = quickest_claim_ms(store->journal());
  RecordProperty("few_ms", std::to_string(few_ms));
  RecordProperty("many_ms", std::to_string(many_ms));
  EXPECT_LT(many_ms, 4 * few_ms + 1);
}

}  // namespace
}  // namespace wellspring::store::sqlite

namespace wellspring::store {

INSTANTIATE_TEST_SUITE_P(Sqlite, ArticleStoreContract, testing::Values(sqlite::kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, JobJournalContract, testing::Values(sqlite::kSqlite));

}  // namespace wellspring::store
