#pragma once

#include <set>
#include <thread>

#include "base/mutex.hpp"
#include "store/store_contract.hpp"

namespace wellspring::store {

class JobJournalContract : public StoreContract {
 protected:
  using State = model::JobState;
  JobJournal& journal() { return store_->journal(); }
  JobId append(const model::NewJob& job, int now = 0) {
    return journal().append({&job, 1}, at(now)).value().front().id;
  }
  /// The article of the job that runs next; "-" when none may.
  std::string claim(int now = 100) {
    const auto job = journal().claim(at(now)).value();
    if (job) claimed_ = job->id;
    return job ? job->article.key.id.value() : "-";
  }
  void finish(JobId id) {
    ASSERT_TRUE(journal().finish(id, model::JobOutcome::kApplied, at(101)).has_value());
  }
  void kill(JobId id) {
    ASSERT_TRUE(journal().fail_attempt(id, "broken", std::nullopt, at(101)).has_value());
  }
  JobId claimed_;
};

TEST_P(JobJournalContract, GivesBackWhatWasAppendedAlsoAfterReopening) {
  model::NewJob job = make_job("a", at(5));
  job.article.markdown = "# Caf\u00e9\n";
  job.article.categories = {"c"};
  job.article.key.locale = "fr";
  const JobId id = append(job, 3);
  store_->reopen();
  const auto found = journal().find(id).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->state, State::kQueued);
  EXPECT_EQ(found->outcome, model::JobOutcome::kNone);
  EXPECT_EQ(found->attempts, 0);
  EXPECT_EQ(found->accepted_at, at(3));
  EXPECT_EQ(found->article.key, job.article.key);
  EXPECT_EQ(found->article.markdown, job.article.markdown);
  EXPECT_EQ(found->article.categories, job.article.categories);
  EXPECT_EQ(found->article.updated_at, at(5));
  EXPECT_FALSE(journal().find(JobId(id.value() + 1)).value().has_value());
}

TEST_P(JobJournalContract, AppendsManyInOrder) {
  const std::vector<model::NewJob> jobs{make_job("a"), make_job("b"), make_job("c")};
  const auto appended = journal().append(jobs, at(0)).value();
  ASSERT_EQ(appended.size(), 3u);
  EXPECT_LT(appended[0].id, appended[1].id);
  EXPECT_LT(appended[1].id, appended[2].id);
  for (const Appended& each : appended) EXPECT_TRUE(each.is_new) << "jobs without a delivery are never equal";
  EXPECT_TRUE(journal().append({}, at(0)).value().empty());
  EXPECT_EQ(journal().find(appended[1].id).value()->article.key.id.value(), "b");
}

TEST_P(JobJournalContract, ARepeatedDeliveryIsTheFirstJob) {
  model::NewJob job = make_job("a", at(5));
  job.delivery = "standard:msg_1";
  const JobId first = append(job);
  EXPECT_EQ(journal().find(first).value()->delivery, "standard:msg_1");
  store_->reopen();
  model::NewJob other = make_job("b");
  other.delivery = "standard:msg_2";
  const model::NewJob without = make_job("c");
  const auto appended =
      journal().append(std::vector<model::NewJob>{other, job, without, other, without}, at(1)).value();
  ASSERT_EQ(appended.size(), 5u);
  EXPECT_EQ(appended[1].id, first);
  EXPECT_EQ(appended[3].id, appended[0].id);
  EXPECT_NE(appended[4].id, appended[2].id);
  std::string is_new;
  for (const Appended& each : appended) is_new += each.is_new ? '+' : '-';
  EXPECT_EQ(is_new, "+-+-+");
  EXPECT_EQ(journal().counts().value()[State::kQueued], 4u);
  EXPECT_EQ(journal().find(first).value()->accepted_at, at(0));
}

TEST_P(JobJournalContract, ADeliveryIsRememberedAsLongAsItsJob) {
  model::NewJob job = make_job("a");
  job.delivery = "cms:1";
  const JobId done = append(job);
  model::NewJob poison = make_job("b");
  poison.delivery = "cms:2";
  const JobId dead = append(poison);
  ASSERT_EQ(claim(), "a");
  ASSERT_TRUE(journal().finish(done, model::JobOutcome::kApplied, at(10)).has_value());
  ASSERT_EQ(claim(), "b");
  kill(dead);
  EXPECT_EQ(append(job), done);
  EXPECT_EQ(claim(), "-") << "a repetition runs nothing";
  EXPECT_EQ(append(poison), dead);
  ASSERT_EQ(journal().prune(at(1'000), 10).value(), 1u);
  EXPECT_EQ(append(poison), dead) << "dead ones stay";
  EXPECT_NE(append(job), done);
  EXPECT_EQ(claim(), "a");
}

TEST_P(JobJournalContract, TheBacklogIsWhatIsQueuedOrRunning) {
  const auto weighs = [&](std::size_t jobs, std::size_t bytes) {
    const Backlog backlog = journal().backlog();
    return backlog.jobs == jobs && backlog.bytes == bytes;
  };
  const std::size_t each = model::text_bytes(make_job("a").article);
  EXPECT_EQ(each, std::string("Title of atext of a").size());
  EXPECT_TRUE(weighs(0, 0));
  model::NewJob repeated = make_job("a");
  repeated.delivery = "d";
  const JobId first = append(repeated);
  append(repeated);
  const JobId second = append(make_job("b"));
  EXPECT_TRUE(weighs(2, 2 * each));
  ASSERT_EQ(claim(), "a");
  EXPECT_TRUE(weighs(2, 2 * each)) << "running counts";
  finish(first);
  EXPECT_TRUE(weighs(1, each));
  ASSERT_EQ(claim(), "b");
  ASSERT_TRUE(journal().fail_attempt(second, "later", at(101), at(101)).has_value());
  EXPECT_TRUE(weighs(1, each));
  ASSERT_EQ(claim(200), "b");
  kill(second);
  EXPECT_TRUE(weighs(0, 0)) << "dead ones wait for a person";
  ASSERT_TRUE(journal().retry(second).has_value());
  EXPECT_TRUE(weighs(1, each));
  store_->reopen();
  ASSERT_TRUE(journal().counts().has_value());
  EXPECT_TRUE(weighs(1, each));
  EXPECT_TRUE(journal().finish(second, model::JobOutcome::kApplied, at(1)).has_error());
  EXPECT_TRUE(weighs(1, each)) << "what failed changes nothing";
}

TEST_P(JobJournalContract, WebhooksOvertakeImportsAndEachKindKeepsItsOrder) {
  append(make_job("i1", {}, model::JobPriority::kImport));
  append(make_job("i2", {}, model::JobPriority::kImport));
  append(make_job("w1"));
  append(make_job("w2"));
  EXPECT_EQ(claim(), "w1");
  EXPECT_EQ(claim(), "w2");
  EXPECT_EQ(claim(), "i1");
  EXPECT_EQ(claim(), "i2");
  EXPECT_EQ(claim(), "-");
}

TEST_P(JobJournalContract, JobsOfOneArticleRunOneAfterTheOther) {
  const JobId import = append(make_job("a", {}, model::JobPriority::kImport));
  const JobId webhook = append(make_job("a"));
  append(make_job("b"));
  EXPECT_EQ(claim(), "b");
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(claimed_, import);
  EXPECT_EQ(claim(), "-");
  finish(import);
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(claimed_, webhook);
}

TEST_P(JobJournalContract, AWaitingRetryHoldsBackItsSuccessorsOnly) {
  const JobId first = append(make_job("a"));
  const JobId second = append(make_job("a"));
  append(make_job("b"));
  EXPECT_EQ(claim(10), "a");
  ASSERT_TRUE(journal().fail_attempt(first, "disk full", at(50), at(11)).has_value());
  EXPECT_EQ(journal().find(first).value()->last_error, "disk full");
  EXPECT_EQ(journal().find(first).value()->not_before, at(50));
  EXPECT_EQ(claim(20), "b");
  EXPECT_EQ(claim(20), "-");
  EXPECT_EQ(journal().next_due().value(), at(50));
  EXPECT_EQ(claim(50), "a");
  EXPECT_EQ(claimed_, first);
  EXPECT_EQ(journal().find(first).value()->attempts, 2);
  kill(first);
  EXPECT_EQ(claim(50), "a");
  EXPECT_EQ(claimed_, second);
}

TEST_P(JobJournalContract, ADeadJobKeepsItsTextAndComesBackByHand) {
  const JobId id = append(make_job("a"));
  EXPECT_EQ(journal().retry(id).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(claim(), "a");
  kill(id);
  EXPECT_EQ(journal().find(id).value()->state, State::kDead);
  EXPECT_EQ(journal().find(id).value()->finished_at, at(101));
  EXPECT_EQ(claim(), "-");
  store_->reopen();
  ASSERT_TRUE(journal().retry(id).has_value());
  const auto queued = journal().find(id).value();
  EXPECT_EQ(queued->state, State::kQueued);
  EXPECT_EQ(queued->attempts, 0);
  EXPECT_EQ(queued->article.markdown, "text of a");
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(journal().retry(JobId(999)).error().kind, ErrorKind::kNotFound);
}

TEST_P(JobJournalContract, ARetriedJobRunsBeforeYoungerOnesButNeverBesideThem) {
  const JobId first = append(make_job("a"));
  const JobId second = append(make_job("a"));
  const JobId third = append(make_job("a"));
  EXPECT_EQ(claim(), "a");
  kill(first);
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(claimed_, second);
  ASSERT_TRUE(journal().retry(first).has_value());
  EXPECT_EQ(claim(), "-");
  finish(second);
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(claimed_, first);
  finish(first);
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(claimed_, third);
}

TEST_P(JobJournalContract, ARetriedJobOvertakesAQueuedSuccessor) {
  const JobId first = append(make_job("a"));
  append(make_job("a"));
  EXPECT_EQ(claim(), "a");
  kill(first);
  ASSERT_TRUE(journal().retry(first).has_value());
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(claimed_, first);
  EXPECT_EQ(claim(), "-");
}

TEST_P(JobJournalContract, OnlyARunningJobCanFinishOrFail) {
  const JobId id = append(make_job("a"));
  EXPECT_EQ(journal().finish(id, model::JobOutcome::kApplied, at(1)).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(journal().fail_attempt(id, "x", std::nullopt, at(1)).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(journal().finish(JobId(77), model::JobOutcome::kApplied, at(1)).error().kind,
            ErrorKind::kNotFound);
  EXPECT_EQ(journal().find(id).value()->state, State::kQueued);
}

TEST_P(JobJournalContract, AFinishedJobForgetsItsText) {
  const JobId id = append(make_job("a", at(4)));
  EXPECT_EQ(claim(), "a");
  ASSERT_TRUE(journal().finish(id, model::JobOutcome::kOutdated, at(9)).has_value());
  const auto done = journal().find(id).value();
  EXPECT_EQ(done->state, State::kDone);
  EXPECT_EQ(done->outcome, model::JobOutcome::kOutdated);
  EXPECT_EQ(done->finished_at, at(9));
  EXPECT_EQ(done->article.key.id.value(), "a");
  EXPECT_EQ(done->article.title, "Title of a");
  EXPECT_EQ(done->article.updated_at, at(4));
  EXPECT_TRUE(done->article.markdown.empty());
}

TEST_P(JobJournalContract, RecoverQueuesWhatACrashLeftRunning) {
  append(make_job("a"));
  append(make_job("b"));
  EXPECT_EQ(claim(), "a");
  store_->reopen();
  EXPECT_EQ(journal().recover().value(), 1u);
  EXPECT_EQ(claim(), "a");
  EXPECT_EQ(journal().find(claimed_).value()->attempts, 2);
  EXPECT_EQ(claim(), "b");
}

TEST_P(JobJournalContract, NextDueIsEmptyWhenNothingMayRun) {
  EXPECT_FALSE(journal().next_due().value().has_value());
  append(make_job("a"), 7);
  append(make_job("a"), 8);
  EXPECT_EQ(journal().next_due().value(), at(7));
  EXPECT_EQ(claim(), "a");
  EXPECT_FALSE(journal().next_due().value().has_value());
}

TEST_P(JobJournalContract, ListsNewestFirstInPages) {
  for (const char* id : {"a", "b", "a", "c"}) append(make_job(id));
  EXPECT_EQ(claim(), "a");
  const auto ids = [&](const JobFilter& filter, std::size_t offset, std::size_t limit) {
    std::string joined;
    for (const model::Job& job : journal().list(filter, offset, limit).value())
      joined += job.article.key.id.value();
    return joined;
  };
  EXPECT_EQ(ids({}, 0, 10), "caba");
  EXPECT_EQ(ids({}, 1, 2), "ab");
  EXPECT_EQ(ids({}, 4, 2), "");
  EXPECT_EQ(ids({.state = State::kQueued, .article = {}}, 0, 10), "cab");
  EXPECT_EQ(ids({.state = {}, .article = ArticleId("a")}, 0, 10), "aa");
  EXPECT_EQ(ids({.state = State::kRunning, .article = ArticleId("a")}, 0, 10), "a");
  EXPECT_EQ(ids({.state = {}, .article = {}, .first = JobId(2), .last = JobId(3)}, 0, 10), "ab");
  EXPECT_EQ(ids({.state = State::kQueued, .article = {}, .first = JobId(4), .last = {}}, 0, 10), "c");
  const auto page = journal().list({}, 0, 1).value();
  EXPECT_EQ(page.front().article.title, "Title of c");
  EXPECT_TRUE(page.front().article.markdown.empty());
}

TEST_P(JobJournalContract, CountsByState) {
  append(make_job("a"));
  append(make_job("b"));
  append(make_job("c"));
  EXPECT_EQ(claim(), "a");
  finish(claimed_);
  EXPECT_EQ(claim(), "b");
  const std::map<State, std::size_t> expected{
      {State::kQueued, 1}, {State::kRunning, 1}, {State::kDone, 1}, {State::kDead, 0}};
  EXPECT_EQ(journal().counts().value(), expected);
  const std::map<State, std::size_t> of_the_last_two{
      {State::kQueued, 1}, {State::kRunning, 1}, {State::kDone, 0}, {State::kDead, 0}};
  EXPECT_EQ(journal().counts({.state = {}, .article = {}, .first = JobId(2), .last = JobId(3)}).value(),
            of_the_last_two);
}

TEST_P(JobJournalContract, RemembersTheGreatestTimePerArticle) {
  EXPECT_FALSE(journal().greatest_updated_at(ArticleId("a")).value().has_value());
  append(make_job("a"));
  EXPECT_FALSE(journal().greatest_updated_at(ArticleId("a")).value().has_value());
  append(make_job("a", at(9)));
  append(make_job("a", at(5)));
  append(make_job("b", at(99)));
  store_->reopen();
  EXPECT_EQ(journal().greatest_updated_at(ArticleId("a")).value(), at(9));
}

TEST_P(JobJournalContract, PruneForgetsOldDoneJobsOnly) {
  for (const char* id : {"a", "b", "c", "dead", "queued"}) append(make_job(id, at(5)));
  for (int finished : {1, 2, 30}) {
    ASSERT_NE(claim(), "-");
    ASSERT_TRUE(journal().finish(claimed_, model::JobOutcome::kApplied, at(finished)).has_value());
  }
  ASSERT_EQ(claim(), "dead");
  kill(claimed_);
  EXPECT_EQ(journal().prune(at(20), 1).value(), 1u);
  EXPECT_EQ(journal().prune(at(20), 10).value(), 1u);
  EXPECT_EQ(journal().prune(at(20), 10).value(), 0u);
  EXPECT_EQ(journal().list({}, 0, 10).value().size(), 3u);
  EXPECT_EQ(journal().greatest_updated_at(ArticleId("a")).value(), at(5));
}

TEST_P(JobJournalContract, EveryJobIsClaimedOnceByManyThreads) {
  constexpr std::size_t kJobs = 60;
  std::vector<model::NewJob> jobs;
  for (std::size_t i = 0; i < kJobs; ++i) jobs.push_back(make_job(std::to_string(i % 20)));
  ASSERT_TRUE(journal().append(jobs, at(0)).has_value());
  Mutex mutex;
  std::set<JobId> claimed;
  std::size_t claims = 0;
  const auto drain = [&] {
    while (true) {
      const auto job = journal().claim(at(1)).value();
      const MutexLock lock(mutex);
      if (job) {
        claimed.insert(job->id);
        ++claims;
        EXPECT_TRUE(journal().finish(job->id, model::JobOutcome::kApplied, at(2)).has_value());
      }
      if (claims == kJobs) return;
    }
  };
  std::thread first(drain);
  std::thread second(drain);
  first.join();
  second.join();
  EXPECT_EQ(claimed.size(), kJobs);
}

}  // namespace wellspring::store
