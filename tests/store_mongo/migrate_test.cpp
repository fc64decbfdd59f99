// A store copied whole, from SQLite to MongoDB and back.
#include "store/migrate.hpp"

#include "store/sqlite/sqlite_store.hpp"
#include "store/store_contract.hpp"
#include "store/temp_dir.hpp"
#include "store_mongo/server.hpp"

namespace wellspring::store::mongo::testing {
namespace {

template <class Store>
WholeStore whole(Store& store) {
  return {store.articles(), store.journal(), store.sources(), store.questions(), store.transfer()};
}

/// Something of everything.
void fill(const WholeStore& store) {
  ASSERT_TRUE(store.articles.remove(ArticleId("gone"), at(9), at(10)).has_value());
  ASSERT_TRUE(store.articles.remove(ArticleId("back"), at(3), at(4)).has_value());
  for (int i = 0; i < 5; ++i) {
    const auto revision =
        make_revision("article " + std::to_string(i), "x", 1 + static_cast<std::size_t>(i), at(i));
    ASSERT_TRUE(store.articles.publish(revision, at(20 + i)).has_value());
  }
  ASSERT_TRUE(store.articles.publish(make_revision("back", "y", 2, at(5), "fr"), at(30)).has_value());
  ASSERT_TRUE(store.articles.publish(make_revision("undated", "z", 0), at(31)).has_value());
  std::vector<model::NewJob> jobs;
  for (const char* id : {"done", "dead", "running", "waiting", "waiting"})
    jobs.push_back(make_job(id, at(40)));
  for (const std::size_t i : {0U, 1U, 3U}) jobs[i].delivery = "standard:" + jobs[i].article.key.id.value();
  ASSERT_TRUE(store.journal.append(jobs, at(41)).has_value());
  ASSERT_TRUE(
      store.journal.finish(store.journal.claim(at(42)).value()->id, model::JobOutcome::kApplied, at(43))
          .has_value());
  ASSERT_TRUE(
      store.journal.fail_attempt(store.journal.claim(at(42)).value()->id, "no", {}, at(44)).has_value());
  ASSERT_TRUE(store.journal.claim(at(45)).value().has_value());
  for (const char* uri : {"b", "a"}) {
    ASSERT_TRUE(
        store.sources.create({.name = "n", .type = "web", .uri = uri, .last_ingested_at = at(1)}, at(50))
            .has_value());
  }
  std::vector<model::UserQuestion> questions(7);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    questions[i].text = "question " + std::to_string(i);
    questions[i].asked_at = at(60 + static_cast<int>(i / 2));
    questions[i].tags = {"t"};
  }
  ASSERT_TRUE(store.questions.append(questions).has_value());
}

class MongoMigration : public ::testing::Test {
 protected:
  static std::unique_ptr<MongoStore> open_mongo() {
    auto store = open_store(fresh_database());
    store->prepare().value();
    return store;
  }
  std::unique_ptr<sqlite::SqliteStore> open_sqlite(const TempDir& directory) {
    return sqlite::open_sqlite_store(directory.path()).value();
  }

  TempDir first_;
  TempDir second_;
  std::unique_ptr<sqlite::SqliteStore> sqlite_ = open_sqlite(first_);
  std::unique_ptr<MongoStore> mongo_ = open_mongo();
};

std::size_t copied(const MigrationReport& report) {
  std::size_t all = 0;
  for (const MigratedItems& items : report.items) all += items.copied;
  return all;
}

std::string said(const MigrationReport& report) {
  std::string text;
  for (const MigratedKind kind : kMigratedKinds) {
    const MigratedItems& items = report.of(kind);
    text += std::string(name(kind)) + ' ' + std::to_string(items.from.count) + '/' +
            std::to_string(items.to.count) + (items.from == items.to ? "" : "!") + ' ';
  }
  return text;
}

TEST_F(MongoMigration, ThereAndBackIsTheSame) {
  fill(whole(*sqlite_));
  std::map<MigratedKind, std::pair<std::size_t, std::size_t>> seen;
  const auto there =
      migrate(whole(*sqlite_), whole(*mongo_), [&](MigratedKind kind, std::size_t done, std::size_t total) {
        EXPECT_LE(done, total);
        seen[kind] = {done, total};
      });
  ASSERT_TRUE(there.has_value()) << there.error().message;
  EXPECT_TRUE(there->is_complete()) << said(*there);
  EXPECT_EQ(said(*there), "tombstones 2/2 articles 7/7 jobs 5/5 sources 2/2 questions 7/7 ");
  EXPECT_EQ(seen[MigratedKind::kArticles], (std::pair<std::size_t, std::size_t>{7, 7}));
  EXPECT_EQ(copied(*there), 23U);
  auto other = open_sqlite(second_);
  const auto back = migrate(whole(*mongo_), whole(*other), {});
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_TRUE(back->is_complete()) << said(*back);
  for (const MigratedKind kind : kMigratedKinds) {
    EXPECT_EQ(back->of(kind).to, there->of(kind).from) << name(kind);
  }
  EXPECT_EQ(other->articles().find({ArticleId("back"), "en"}).value()->updated_at, at(3));
  EXPECT_TRUE(other->articles().find({ArticleId("back"), "fr"}).value()->live);
}

TEST_F(MongoMigration, ASecondRunCopiesNothing) {
  fill(whole(*sqlite_));
  ASSERT_TRUE(migrate(whole(*sqlite_), whole(*mongo_), {}).has_value());
  const auto again = migrate(whole(*sqlite_), whole(*mongo_), {});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(copied(*again), 0U);
  EXPECT_TRUE(again->is_complete()) << said(*again);
}

TEST_F(MongoMigration, WhatChangedMeanwhileIsCopiedAgain) {
  fill(whole(*sqlite_));
  ASSERT_TRUE(migrate(whole(*sqlite_), whole(*mongo_), {}).has_value());
  ASSERT_TRUE(sqlite_->articles().publish(make_revision("article 1", "n", 1, at(70)), at(70)).has_value());
  ASSERT_TRUE(sqlite_->articles().remove(ArticleId("article 2"), at(71), at(71)).has_value());
  const auto again = migrate(whole(*sqlite_), whole(*mongo_), {});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(copied(*again), 2U);
  EXPECT_TRUE(again->is_complete()) << said(*again);
}

TEST_F(MongoMigration, WhatOnlyTheTargetHasIsReported) {
  fill(whole(*sqlite_));
  ASSERT_TRUE(mongo_->articles().publish(make_revision("more", "n", 1, at(1)), at(1)).has_value());
  const auto report = migrate(whole(*sqlite_), whole(*mongo_), {});
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->is_complete());
  EXPECT_EQ(said(*report), "tombstones 2/2 articles 7/8! jobs 5/5 sources 2/2 questions 7/7 ");
}

TEST_F(MongoMigration, AJobOfTheTargetIsNeverReplacedByAnother) {
  fill(whole(*sqlite_));
  const model::NewJob own = make_job("own", at(1));
  ASSERT_TRUE(mongo_->journal().append({&own, 1}, at(2)).has_value());
  const auto refused = migrate(whole(*sqlite_), whole(*mongo_), {});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(mongo_->journal().find(JobId(1)).value()->article.key.id.value(), "own");
  EXPECT_EQ(mongo_->articles().counts().value().articles, 0U);
}

TEST_F(MongoMigration, JobsGoOnWhereTheyWere) {
  fill(whole(*sqlite_));
  ASSERT_TRUE(migrate(whole(*sqlite_), whole(*mongo_), {}).has_value());
  JobJournal& journal = mongo_->journal();
  journal.recover().value();
  EXPECT_EQ(journal.claim(at(100)).value()->article.key.id.value(), "running");
  const auto waiting = journal.claim(at(100)).value();
  EXPECT_EQ(waiting->article.key.id.value(), "waiting");
  EXPECT_FALSE(journal.claim(at(100)).value().has_value());
  ASSERT_TRUE(journal.finish(waiting->id, model::JobOutcome::kApplied, at(101)).has_value());
  EXPECT_EQ(journal.claim(at(100)).value()->article.markdown, "text of waiting");
  const model::NewJob next = make_job("next");
  EXPECT_GT(journal.append({&next, 1}, at(102)).value().front().id, JobId(5));
  EXPECT_EQ(journal.greatest_updated_at(ArticleId("done")).value(), at(40));
}

TEST_F(MongoMigration, DeliveriesAreRememberedWhereTheyWentToo) {
  fill(whole(*sqlite_));
  ASSERT_TRUE(migrate(whole(*sqlite_), whole(*mongo_), {}).has_value());
  const auto back = open_sqlite(second_);
  ASSERT_TRUE(migrate(whole(*mongo_), whole(*back), {}).has_value());
  for (JobJournal* journal : {&mongo_->journal(), &back->journal()}) {
    std::int64_t id = 0;
    for (const char* article : {"done", "dead", "running", "waiting"}) {
      ++id;
      model::NewJob again = make_job(article, at(40));
      again.delivery = std::string("standard:") + article;
      const Appended appended = journal->append({&again, 1}, at(90)).value().front();
      EXPECT_EQ(appended.is_new, id == 3) << article << ": it had no delivery";
      if (id != 3) {
        EXPECT_EQ(appended.id, JobId(id));
      }
    }
  }
}

TEST_F(MongoMigration, AnEmptyStoreIsCopiedToo) {
  const auto report = migrate(whole(*sqlite_), whole(*mongo_), {});
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->is_complete());
  EXPECT_EQ(copied(*report), 0U);
}

}  // namespace
}  // namespace wellspring::store::mongo::testing
