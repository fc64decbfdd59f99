#include "sync/worker.hpp"

#include <atomic>
#include <deque>

#include "base/mutex.hpp"
#include "sync/io_harness.hpp"

namespace wellspring::sync {
namespace {

using model::JobKind;
using model::JobOutcome;
using model::JobState;

/// Cannot write down that a job is done for the first few times.
class ForgetfulJournal final : public store::MemoryJournal {
 public:
  explicit ForgetfulJournal(int refusals) : refusals_(refusals) {}
  Result<void> finish(JobId id, model::JobOutcome outcome, Timestamp now) override {
    if (refused_ < refusals_) {
      ++refused_;
      return fail(ErrorKind::kUnavailable, "finish job: the disk does not answer",
                  std::to_string(id.value()));
    }
    return MemoryJournal::finish(id, outcome, now);
  }
  int refused() const { return refused_; }

 private:
  const int refusals_;
  std::atomic<int> refused_ = 0;
};

constexpr std::chrono::seconds kPatience{20};

class WorkerTest : public IoHarness {
 protected:
  /// Publishes one chunk per article into the memory store, after failing as often as `failures_` says.
  Ingestion ingestion() {
    return {.publish = [this](const model::Article& article) -> Result<void> {
              if (auto failure = next_failure(article)) return *failure;
              store::Revision revision;
              revision.key = article.key;
              revision.updated_at = article.updated_at;
              revision.content_hash = article.markdown;
              return articles_.publish(revision, clock_.wall());
            },
            .remove =
                [this](const ArticleId& id, std::optional<Timestamp> tombstone) {
                  return articles_.remove(id, tombstone, clock_.wall());
                },
            .content_hash = [](const model::Article& article) { return article.markdown; }};
  }
  std::optional<Error> next_failure(const model::Article& article) {
    const MutexLock lock(mutex_);
    order_.push_back(article.markdown);
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    while (gate_closed_) gate_opened_.wait(mutex_);
    --at_once_;
    if (failures_.empty()) return std::nullopt;
    Error failure = failures_.front();
    failures_.pop_front();
    return failure;
  }
  void fail_next(std::deque<Error> failures) {
    const MutexLock lock(mutex_);
    failures_ = std::move(failures);
  }
  void set_gate(bool closed) {
    const MutexLock lock(mutex_);
    gate_closed_ = closed;
    gate_opened_.notify_all();
  }
  std::vector<std::string> order() {
    const MutexLock lock(mutex_);
    return order_;
  }
  int most_at_once() {
    const MutexLock lock(mutex_);
    return most_at_once_;
  }

  JobId append(const std::string& id, const std::string& text, std::optional<int> second = {},
               JobKind kind = JobKind::kPublish) {
    model::NewJob job;
    job.kind = kind;
    job.article.key.id = ArticleId(id);
    job.article.markdown = text;
    if (second) job.article.updated_at = Timestamp{std::chrono::seconds{*second}};
    return journal_.append({&job, 1}, clock_.wall()).value().front().id;
  }
  void start_worker(std::size_t parallel = 1) { start_worker(journal_, parallel); }
  void start_worker(store::JobJournal& journal, std::size_t parallel = 1) {
    worker_.emplace(journal, articles_, ingestion(), executors_, clock_, log_, metrics_,
                    WorkerOptions{.parallel = parallel,
                                  .retry = {.attempts_max = 3,
                                            .backoff_first = std::chrono::minutes{1},
                                            .backoff_max = std::chrono::minutes{4}}});
    ASSERT_TRUE(worker_->recover().has_value());
    worker_->start();
  }
  model::Job job(JobId id) { return *journal_.find(id).value(); }
  bool reaches(JobId id, JobState state) {
    return run_until([&] { return job(id).state == state; });
  }
  bool has_failed(JobId id, int attempts) {
    return run_until([&] { return job(id).attempts == attempts && job(id).state == JobState::kQueued; });
  }
  void after(std::chrono::milliseconds time) {
    clock_.advance(time);
    worker_->notify();
  }
  void stop() {
    bool ended = false;
    boost::asio::co_spawn(executors_.io(), worker_->stop(kPatience),
                          [&](const std::exception_ptr&, bool all_ended) { ended = all_ended; });
    EXPECT_TRUE(run_until([&] { return ended; }));
  }
  void TearDown() override {
    set_gate(false);
    if (worker_) stop();
  }

  Mutex mutex_;
  Condition gate_opened_;
  bool gate_closed_ WELLSPRING_GUARDED_BY(mutex_) = false;
  int at_once_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  int most_at_once_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::deque<Error> failures_ WELLSPRING_GUARDED_BY(mutex_);
  std::vector<std::string> order_ WELLSPRING_GUARDED_BY(mutex_);
  std::optional<Worker> worker_;
};

TEST_F(WorkerTest, RunsWhatIsQueuedAndWhatComesLater) {
  const JobId first = append("a", "one", 1);
  start_worker();
  ASSERT_TRUE(reaches(first, JobState::kDone));
  EXPECT_EQ(job(first).outcome, JobOutcome::kApplied);
  const JobId second = append("a", "two", 2);
  worker_->notify();
  ASSERT_TRUE(reaches(second, JobState::kDone));
  EXPECT_EQ(articles_.find({ArticleId("a"), "en"}).value()->content_hash, "two");
}

TEST_F(WorkerTest, DecidesByTheTimeOfTheRevision) {
  const JobId newer = append("a", "new", 5);
  const JobId older = append("a", "old", 4);
  const JobId same = append("a", "new", 5);
  const JobId late_unpublish = append("a", "", 4, JobKind::kUnpublish);
  start_worker();
  ASSERT_TRUE(reaches(late_unpublish, JobState::kDone));
  EXPECT_EQ(job(newer).outcome, JobOutcome::kApplied);
  EXPECT_EQ(job(older).outcome, JobOutcome::kOutdated);
  EXPECT_EQ(job(same).outcome, JobOutcome::kUnchanged);
  EXPECT_EQ(job(late_unpublish).outcome, JobOutcome::kOutdated);
  EXPECT_TRUE(articles_.find({ArticleId("a"), "en"}).value()->live);
}

TEST_F(WorkerTest, ADeleteCarriesTheGreatestTimeJournalledQueuedJobsIncluded) {
  append("a", "text", 5);
  const JobId removal = append("a", "", std::nullopt, JobKind::kDelete);
  const JobId overtaken = append("a", "late", 9);
  start_worker();
  ASSERT_TRUE(reaches(overtaken, JobState::kDone));
  EXPECT_EQ(job(removal).outcome, JobOutcome::kApplied);
  EXPECT_EQ(job(overtaken).outcome, JobOutcome::kOutdated);
  const auto stored = articles_.find({ArticleId("a"), "en"}).value();
  EXPECT_FALSE(stored->live);
  EXPECT_EQ(stored->updated_at, Timestamp{std::chrono::seconds{9}});
}

TEST_F(WorkerTest, TriesAgainLaterInOrderAndSucceeds) {
  fail_next({fail(ErrorKind::kUnavailable, "no embedder")});
  const JobId first = append("a", "one", 1);
  const JobId second = append("a", "two", 2);
  const JobId other = append("b", "three", 1);
  start_worker();
  ASSERT_TRUE(reaches(other, JobState::kDone));
  ASSERT_TRUE(has_failed(first, 1));
  EXPECT_EQ(job(first).last_error, "no embedder");
  EXPECT_EQ(job(second).state, JobState::kQueued);
  after(std::chrono::minutes{1});
  ASSERT_TRUE(reaches(second, JobState::kDone));
  EXPECT_EQ(job(first).state, JobState::kDone);
  EXPECT_EQ(order(), (std::vector<std::string>{"one", "three", "one", "two"}));
}

TEST_F(WorkerTest, GivesUpAfterTheLastAttemptAndLetsTheNextOneRun) {
  fail_next(std::deque<Error>(3, fail(ErrorKind::kUpstream, "nonsense")));
  const JobId first = append("a", "one", 1);
  const JobId second = append("a", "two", 2);
  start_worker();
  ASSERT_TRUE(has_failed(first, 1));
  after(std::chrono::minutes{1});
  ASSERT_TRUE(has_failed(first, 2));
  after(std::chrono::minutes{2});
  ASSERT_TRUE(reaches(first, JobState::kDead));
  EXPECT_EQ(job(first).last_error, "nonsense");
  ASSERT_TRUE(reaches(second, JobState::kDone));
  ASSERT_TRUE(run_until([&] { return metrics_.value("wellspring_jobs_total", {{"state", "done"}}) == 1; }));
  EXPECT_EQ(metrics_.value("wellspring_jobs_total", {{"state", "dead"}}), 1);
  EXPECT_EQ(metrics_.value("webhook_processing_total",
                           {{"source", "payload_cms"}, {"operation", "create"}, {"status", "error"}}),
            1);
}

TEST_F(WorkerTest, AFaultOfTheArticleIsDeadAtOnce) {
  fail_next({fail(ErrorKind::kTooLarge, "too many chunks")});
  const JobId id = append("a", "one", 1);
  start_worker();
  ASSERT_TRUE(reaches(id, JobState::kDead));
  EXPECT_EQ(job(id).attempts, 1);
  ASSERT_TRUE(journal_.retry(id).has_value());
  worker_->notify();
  ASSERT_TRUE(reaches(id, JobState::kDone));
}

TEST_F(WorkerTest, AJobThatKeepsEndingTheProgramBecomesDead) {
  const JobId id = append("a", "one", 1);
  for (int crash = 0; crash < 3; ++crash) {
    ASSERT_TRUE(journal_.claim(clock_.wall()).value().has_value());
    if (crash < 2) {
      ASSERT_EQ(journal_.recover().value(), 1u);
    }
  }
  start_worker();
  ASSERT_TRUE(reaches(id, JobState::kDead));
  EXPECT_NE(job(id).last_error.find("3 times"), std::string::npos);
  EXPECT_TRUE(order().empty());
}

TEST_F(WorkerTest, StopGivesUpWaitingAtItsLimit) {
  set_gate(true);
  append("a", "one", 1);
  start_worker();
  ASSERT_TRUE(run_until([&] { return order().size() == 1; }));
  std::optional<bool> all_ended;
  boost::asio::co_spawn(executors_.io(), worker_->stop(std::chrono::milliseconds{1}),
                        [&](const std::exception_ptr&, bool ended) { all_ended = ended; });
  ASSERT_TRUE(run_until([&] { return all_ended.has_value(); }));
  EXPECT_FALSE(*all_ended);
}

TEST_F(WorkerTest, StopWaitsForTheJobUnderWayAndLeavesTheRestQueued) {
  set_gate(true);
  const JobId first = append("a", "one", 1);
  const JobId second = append("b", "two", 1);
  start_worker();
  ASSERT_TRUE(run_until([&] { return order().size() == 1; }));
  bool stopped = false;
  boost::asio::co_spawn(executors_.io(), worker_->stop(kPatience),
                        [&](const std::exception_ptr&, bool all_ended) { stopped = all_ended; });
  executors_.io().poll();
  EXPECT_FALSE(stopped);
  set_gate(false);
  ASSERT_TRUE(run_until([&] { return stopped; }));
  EXPECT_EQ(job(first).state, JobState::kDone);
  EXPECT_EQ(job(second).state, JobState::kQueued);
  stop();
}

TEST_F(WorkerTest, StopsWhileItWaitsForARetry) {
  fail_next({fail(ErrorKind::kUnavailable, "down")});
  const JobId id = append("a", "one", 1);
  start_worker();
  ASSERT_TRUE(has_failed(id, 1));
  stop();
  EXPECT_EQ(job(id).state, JobState::kQueued);
}

TEST_F(WorkerTest, RunsDifferentArticlesAtOnceAndOneArticleInOrder) {
  set_gate(true);
  append("a", "a1", 1);
  append("a", "a2", 2);
  append("b", "b1", 1);
  start_worker(2);
  ASSERT_TRUE(run_until([&] { return order().size() == 2; }));
  EXPECT_EQ(most_at_once(), 2);
  set_gate(false);
  ASSERT_TRUE(run_until([&] { return journal_.counts().value()[JobState::kDone] == 3; }));
  EXPECT_EQ(order().back(), "a2");
}

TEST_F(WorkerTest, AJobThatRanIsNotRunAgainBecauseItsEndCouldNotBeWrittenDown) {
  ForgetfulJournal journal(2);
  model::NewJob fresh;
  fresh.kind = JobKind::kPublish;
  fresh.article.key.id = ArticleId("a");
  fresh.article.markdown = "text";
  const JobId id = journal.append({&fresh, 1}, clock_.wall()).value().front().id;
  start_worker(journal);
  const auto state = [&] { return journal.find(id).value()->state; };
  for (int refused = 1; refused <= 2; ++refused) {
    ASSERT_TRUE(run_until([&] { return journal.refused() == refused; }));
    EXPECT_EQ(state(), JobState::kRunning);
    // Noticed whenever it comes: the pause may begin a moment after the refusal.
    ASSERT_TRUE(run_until([&] {
      worker_->notify();
      return journal.refused() > refused || state() == JobState::kDone;
    }));
  }
  EXPECT_EQ(journal.find(id).value()->outcome, JobOutcome::kApplied);
  EXPECT_EQ(order(), std::vector<std::string>{"text"});
  stop();
  worker_.reset();
}

TEST_F(WorkerTest, ShowsTheJobsByState) {
  const JobId id = append("a", "one", 1);
  start_worker();
  ASSERT_TRUE(reaches(id, JobState::kDone));
  EXPECT_TRUE(run_until([&] { return metrics_.value("wellspring_jobs", {{"state", "done"}}) == 1; }));
  EXPECT_EQ(metrics_.value("wellspring_jobs", {{"state", "queued"}}), 0);
}

TEST_F(WorkerTest, ForgetsOldDoneJobs) {
  const JobId id = append("a", "one", 1);
  start_worker();
  ASSERT_TRUE(reaches(id, JobState::kDone));
  after(std::chrono::hours{24 * 8});
  EXPECT_TRUE(run_until([&] { return !journal_.find(id).value().has_value(); }));
}

}  // namespace
}  // namespace wellspring::sync
