#include "store/sqlite/spool.hpp"

#include <gtest/gtest.h>

#include "store/memory_store.hpp"
#include "store/spooling_journal.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store_contract.hpp"
#include "store/temp_dir.hpp"

namespace wellspring::store::sqlite {
namespace {

using model::JobState;

/// A journal whose connection can be cut.
class RemoteJournal final : public MemoryJournal {
 public:
  Result<std::vector<Appended>> append(std::span<const model::NewJob> jobs, Timestamp now) override {
    if (cut) return fail(ErrorKind::kUnavailable, "no server");
    return MemoryJournal::append(jobs, now);
  }
  Result<std::optional<model::Job>> claim(Timestamp now) override {
    if (cut) return fail(ErrorKind::kUnavailable, "no server");
    return MemoryJournal::claim(now);
  }
  bool cut = false;
};

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() { open(); }
  void open() {
    journal_.reset();
    store_.reset();
    store_ = open_sqlite_store(directory_.path()).value();
    journal_.emplace(
        remote_, store_->spool(), [this] { return known_away_; }, 10U);
    ASSERT_TRUE(journal_->open().has_value());
  }
  JobId accept(const std::string& article, int second) {
    const model::NewJob job = make_job(article, at(second));
    return journal_->append({&job, 1}, at(second)).value().front().id;
  }
  Appended deliver(const std::string& article, const std::string& delivery) {
    model::NewJob job = make_job(article);
    job.delivery = delivery;
    return journal_->append({&job, 1}, at(1)).value().front();
  }
  std::string claimed() {
    const auto job = journal_->claim(at(100)).value();
    return job ? job->article.key.id.value() : "";
  }

  TempDir directory_;
  RemoteJournal remote_;
  bool known_away_ = false;
  std::unique_ptr<SqliteStore> store_;
  std::optional<SpoolingJournal> journal_;
};

TEST_F(SpoolTest, NothingIsSpooledWhileTheJournalAnswers) {
  EXPECT_LT(accept("a", 1).value(), SpoolingJournal::kFirstSpooledId);
  EXPECT_EQ(journal_->spooled(), 0U);
  EXPECT_EQ(claimed(), "a");
}

TEST_F(SpoolTest, AcceptsWithoutTheJournalAndMovesInOrderWhenItIsBack) {
  accept("first", 1);
  remote_.cut = true;
  const JobId second = accept("second", 2);
  known_away_ = true;
  accept("third", 3);
  EXPECT_EQ(journal_->spooled(), 2U);
  EXPECT_TRUE(journal_->claim(at(4)).has_error());
  EXPECT_EQ(journal_->find(second).value()->article.key.id.value(), "second");

  remote_.cut = known_away_ = false;
  EXPECT_GE(accept("fourth", 4).value(), SpoolingJournal::kFirstSpooledId) << "nobody overtakes";
  EXPECT_EQ(journal_->next_due().value(), Timestamp{});
  for (const char* next : {"first", "second", "third", "fourth"}) EXPECT_EQ(claimed(), next);
  EXPECT_EQ(journal_->spooled(), 0U);
  EXPECT_LT(accept("fifth", 5).value(), SpoolingJournal::kFirstSpooledId);
  const auto moved = journal_->find(second).value();
  EXPECT_EQ(moved->id, second);
  EXPECT_EQ(moved->state, JobState::kRunning);
  EXPECT_EQ(moved->accepted_at, at(2));
}

TEST_F(SpoolTest, WhatIsSpooledSurvivesARestart) {
  remote_.cut = true;
  const JobId id = accept("a", 1);
  open();
  EXPECT_EQ(journal_->spooled(), 1U);
  remote_.cut = false;
  EXPECT_EQ(claimed(), "a");
  open();
  EXPECT_EQ(journal_->spooled(), 0U);
  EXPECT_EQ(journal_->find(id).value()->state, JobState::kRunning);
}

TEST_F(SpoolTest, ARepeatedDeliveryIsTheFirstJobWhereverItIs) {
  const Appended first = deliver("a", "1");
  known_away_ = remote_.cut = true;
  const Appended spooled = deliver("b", "2");
  EXPECT_TRUE(spooled.is_new);
  EXPECT_EQ(deliver("b", "2").id, spooled.id);
  EXPECT_FALSE(deliver("b", "2").is_new);
  const Appended doubled = deliver("a", "1");
  EXPECT_TRUE(doubled.is_new) << "only the journal knows it, and that is away";
  open();
  EXPECT_EQ(deliver("b", "2").id, spooled.id);

  known_away_ = remote_.cut = false;
  EXPECT_EQ(claimed(), "a");
  EXPECT_EQ(claimed(), "b");
  EXPECT_EQ(claimed(), "") << "the move found that it was there";
  EXPECT_EQ(journal_->find(doubled.id).value()->attempts, 1);
  EXPECT_EQ(deliver("b", "2").id, spooled.id) << "the first receipt, also after the move";
  EXPECT_FALSE(deliver("b", "2").is_new);
  model::NewJob fresh = make_job("c");
  fresh.delivery = "3";
  model::NewJob again = make_job("b");
  again.delivery = "2";
  const auto mixed = journal_->append(std::vector<model::NewJob>{again, fresh, make_job("d")}, at(2)).value();
  ASSERT_EQ(mixed.size(), 3U);
  EXPECT_EQ(mixed[0].id, spooled.id);
  EXPECT_TRUE(mixed[1].is_new && mixed[2].is_new);
  EXPECT_EQ(journal_->find(mixed[1].id).value()->article.key.id.value(), "c");
  EXPECT_GT(mixed[2].id, first.id);
}

TEST_F(SpoolTest, TheBacklogIsThatOfBothPlaces) {
  const std::size_t each = model::text_bytes(make_job("a").article);
  accept("a", 1);
  known_away_ = true;
  accept("b", 2);
  EXPECT_EQ(journal_->backlog(), (Backlog{2, 2 * each}));
  open();
  EXPECT_EQ(journal_->backlog(), (Backlog{2, 2 * each}));
  known_away_ = false;
  EXPECT_EQ(claimed(), "a");
  EXPECT_EQ(journal_->backlog(), (Backlog{2, 2 * each}));
}

TEST_F(SpoolTest, IsBounded) {
  known_away_ = true;
  for (int i = 0; i < 10; ++i) accept("a", i);
  const model::NewJob job = make_job("b", at(1));
  const auto refused = journal_->append({&job, 1}, at(1));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kOverloaded);
  EXPECT_NE(refused.error().message.find("mongo.spool_jobs_max"), std::string::npos);
  EXPECT_EQ(journal_->spooled(), 10U);
}

TEST_F(SpoolTest, RetryAndCountsKnowSpooledJobs) {
  known_away_ = true;
  const JobId id = accept("a", 1);
  EXPECT_EQ(journal_->counts().value()[JobState::kQueued], 1U);
  EXPECT_EQ(journal_->retry(id).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(journal_->retry(JobId(id.value() + 7)).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(journal_->find(JobId(id.value() + 7)).value().has_value());
}

TEST_F(SpoolTest, ForgetsMovedJobsOnly) {
  known_away_ = true;
  const JobId waiting = accept("a", 1);
  ASSERT_TRUE(journal_->prune(at(50), 10).has_value());
  EXPECT_TRUE(journal_->find(waiting).value().has_value());
  known_away_ = false;
  EXPECT_EQ(claimed(), "a");
  ASSERT_TRUE(journal_->prune(at(50), 10).has_value());
  EXPECT_FALSE(journal_->find(waiting).value().has_value());
}

}  // namespace
}  // namespace wellspring::store::sqlite
