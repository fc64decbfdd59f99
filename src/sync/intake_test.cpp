#include "sync/intake.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_future.hpp>
#include <mutex>

#include "base/mutex.hpp"
#include "sync/io_harness.hpp"

namespace wellspring::sync {
namespace {

using Ids = std::vector<JobId>;

model::NewJob job_of(const std::string& id) {
  model::NewJob job;
  job.article.key.id = ArticleId(id);
  job.article.markdown = "text";
  return job;
}

/// A journal whose writes wait for permission and may be told to fail.
class GatedJournal final : public store::JobJournal {
 public:
  explicit GatedJournal(store::JobJournal& inner) : inner_(inner) {}
  void open() {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void fail_writes(bool failing) {
    const MutexLock lock(mutex_);
    failing_ = failing;
  }
  std::vector<std::size_t> batches() {
    const MutexLock lock(mutex_);
    return batches_;
  }

  Result<std::vector<store::Appended>> append(std::span<const model::NewJob> jobs, Timestamp now) override {
    const MutexLock lock(mutex_);
    batches_.push_back(jobs.size());
    while (!open_) changed_.wait(mutex_);
    if (failing_) return fail(ErrorKind::kResource, "disk full");
    for (const model::NewJob& job : jobs) {
      if (job.article.key.id.value() == "poison") return fail(ErrorKind::kTooLarge, "no row holds it");
    }
    return inner_.append(jobs, now);
  }
  Result<std::optional<model::Job>> claim(Timestamp now) override { return inner_.claim(now); }
  Result<void> finish(JobId id, model::JobOutcome outcome, Timestamp now) override {
    return inner_.finish(id, outcome, now);
  }
  Result<void> fail_attempt(JobId id, const std::string& error, std::optional<Timestamp> at,
                            Timestamp now) override {
    return inner_.fail_attempt(id, error, at, now);
  }
  Result<void> retry(JobId id) override { return inner_.retry(id); }
  Result<std::size_t> recover() override { return inner_.recover(); }
  Result<std::optional<model::Job>> find(JobId id) override { return inner_.find(id); }
  Result<std::vector<model::Job>> list(const store::JobFilter& filter, std::size_t offset,
                                       std::size_t limit) override {
    return inner_.list(filter, offset, limit);
  }
  Result<std::map<model::JobState, std::size_t>> counts(const store::JobFilter& filter) override {
    return inner_.counts(filter);
  }
  store::Backlog backlog() override { return inner_.backlog(); }
  Result<std::optional<Timestamp>> next_due() override { return inner_.next_due(); }
  Result<std::optional<Timestamp>> greatest_updated_at(const ArticleId& id) override {
    return inner_.greatest_updated_at(id);
  }
  Result<std::size_t> prune(Timestamp before, std::size_t limit) override {
    return inner_.prune(before, limit);
  }

 private:
  store::JobJournal& inner_;
  Mutex mutex_;
  Condition changed_;
  bool open_ WELLSPRING_GUARDED_BY(mutex_) = false;
  bool failing_ WELLSPRING_GUARDED_BY(mutex_) = false;
  std::vector<std::size_t> batches_ WELLSPRING_GUARDED_BY(mutex_);
};

class IntakeTest : public IoHarness {
 protected:
  bool first_write_started() {
    return run_until([&] { return !gated_.batches().empty(); });
  }
  GatedJournal gated_{journal_};
  Intake intake_{
      gated_, executors_, clock_, metrics_, {.waiting_jobs_max = 4, .waiting_bytes_max = 1u << 20}};
};

TEST_F(IntakeTest, CallsDuringAWriteShareTheNextOne) {
  int notices = 0;
  intake_.on_accepted([&] { ++notices; });
  const auto first = start(intake_.accept({job_of("a")}));
  ASSERT_TRUE(first_write_started());
  const auto second = start(intake_.accept({job_of("b"), job_of("c")}));
  const auto third = start(intake_.accept({job_of("d")}));
  executors_.io().poll();
  EXPECT_FALSE(first->has_value());
  gated_.open();
  ASSERT_TRUE(run_until([&] { return first->has_value() && second->has_value() && third->has_value(); }));
  EXPECT_EQ(gated_.batches(), (std::vector<std::size_t>{1, 3}));
  ASSERT_EQ((*second)->value().size(), 2u);
  EXPECT_EQ(journal_.find((*second)->value()[1]).value()->article.key.id.value(), "c");
  EXPECT_EQ(journal_.find((*third)->value()[0]).value()->article.key.id.value(), "d");
  EXPECT_EQ(notices, 2);
  EXPECT_EQ(metrics_.value("wellspring_jobs_total", {{"state", "queued"}}), 4);
}

TEST_F(IntakeTest, RefusesAtItsLimitAndAcceptsAgainAfterwards) {
  const auto first = start(intake_.accept({job_of("a"), job_of("b"), job_of("c")}));
  ASSERT_TRUE(first_write_started());
  const auto refused = start(intake_.accept({job_of("d"), job_of("e")}));
  ASSERT_TRUE(run_until([&] { return refused->has_value(); }));
  EXPECT_EQ((*refused)->error().kind, ErrorKind::kOverloaded);
  const auto never = start(intake_.accept(std::vector<model::NewJob>(5, job_of("x"))));
  ASSERT_TRUE(run_until([&] { return never->has_value(); }));
  EXPECT_EQ((*never)->error().kind, ErrorKind::kTooLarge);
  gated_.open();
  ASSERT_TRUE(run_until([&] { return first->has_value(); }));
  const auto again = start(intake_.accept({job_of("d"), job_of("e")}));
  ASSERT_TRUE(run_until([&] { return again->has_value(); }));
  EXPECT_TRUE((*again)->has_value());
}

TEST_F(IntakeTest, ARepeatedDeliveryGetsTheFirstIdAndIsCounted) {
  int notices = 0;
  intake_.on_accepted([&] { ++notices; });
  gated_.open();
  model::NewJob job = job_of("a");
  job.delivery = "standard:1";
  const auto first = start(intake_.accept({job, job_of("b")}));
  ASSERT_TRUE(run_until([&] { return first->has_value(); }));
  const auto again = start(intake_.accept({job}));
  ASSERT_TRUE(run_until([&] { return again->has_value(); }));
  EXPECT_EQ((*again)->value().front(), (*first)->value().front());
  EXPECT_EQ(metrics_.value("wellspring_webhook_replays_total"), 1);
  EXPECT_EQ(metrics_.value("wellspring_jobs_total", {{"state", "queued"}}), 2);
  EXPECT_EQ(notices, 1) << "there is nothing to do";
}

/// Ten jobs or two thousand bytes may be queued; nothing takes them away.
class FullQueueTest : public IoHarness {
 protected:
  ErrorKind refused(std::vector<model::NewJob> jobs, const std::string& limit) {
    const double before = metrics_.value("wellspring_jobs_refused_total", {{"limit", limit}});
    const auto answer = start(intake_.accept(std::move(jobs)));
    executors_.io().restart();
    executors_.io().poll();  // without any write: nobody waits to be refused
    if (!answer->has_value() || !(*answer)->has_error()) return ErrorKind::kBug;
    EXPECT_EQ(metrics_.value("wellspring_jobs_refused_total", {{"limit", limit}}), before + 1);
    return (*answer)->error().kind;
  }
  bool accepted(std::vector<model::NewJob> jobs) {
    const auto answer = start(intake_.accept(std::move(jobs)));
    return run_until([&] { return answer->has_value(); }) && (*answer)->has_value();
  }
  static std::vector<model::NewJob> imports(std::size_t count) {
    std::vector<model::NewJob> jobs(count, job_of("i"));
    for (model::NewJob& job : jobs) job.priority = model::JobPriority::kImport;
    return jobs;
  }
  Intake intake_{journal_, executors_, clock_, metrics_, {.queue_jobs_max = 10, .queue_bytes_max = 20'000}};
};

TEST_F(FullQueueTest, IsRefusedAtOnceAndTakesMoreOnceItWasWorkedOff) {
  ASSERT_TRUE(accepted(std::vector<model::NewJob>(10, job_of("a"))));
  EXPECT_EQ(refused({job_of("b")}, "queue_jobs"), ErrorKind::kOverloaded);
  const auto running = journal_.claim(clock_.wall()).value();
  EXPECT_EQ(refused({job_of("b")}, "queue_jobs"), ErrorKind::kOverloaded) << "a running one still counts";
  ASSERT_TRUE(journal_.finish(running->id, model::JobOutcome::kApplied, clock_.wall()).has_value());
  EXPECT_TRUE(accepted({job_of("b")}));
  EXPECT_EQ(refused({job_of("b")}, "queue_jobs"), ErrorKind::kOverloaded);
}

TEST_F(FullQueueTest, IsFullByBytesToo) {
  model::NewJob large = job_of("a");
  large.article.markdown.assign(15'000, 'x');
  ASSERT_TRUE(accepted({large}));
  EXPECT_EQ(refused({large}, "queue_bytes"), ErrorKind::kOverloaded);
  EXPECT_TRUE(accepted({job_of("b")}));
}

TEST_F(FullQueueTest, ImportsLeaveRoomForWebhooks) {
  ASSERT_TRUE(accepted(imports(9)));
  EXPECT_EQ(refused(imports(1), "queue_jobs"), ErrorKind::kOverloaded);
  EXPECT_TRUE(accepted({job_of("webhook")}));
  EXPECT_EQ(refused({job_of("webhook")}, "queue_jobs"), ErrorKind::kOverloaded);
}

TEST_F(IntakeTest, AFailedWriteFailsItsCallersAndNobodyElse) {
  gated_.open();
  gated_.fail_writes(true);
  const auto failed = start(intake_.accept({job_of("a")}));
  ASSERT_TRUE(run_until([&] { return failed->has_value(); }));
  EXPECT_EQ((*failed)->error().kind, ErrorKind::kResource);
  EXPECT_EQ(metrics_.value("wellspring_jobs_total", {{"state", "queued"}}), 0);
  gated_.fail_writes(false);
  const auto accepted = start(intake_.accept({job_of("a")}));
  ASSERT_TRUE(run_until([&] { return accepted->has_value(); }));
  EXPECT_TRUE((*accepted)->has_value());
}

TEST_F(IntakeTest, AJobThatTheJournalCannotHoldFailsItsOwnCallerOnly) {
  const auto first = start(intake_.accept({job_of("a")}));
  ASSERT_TRUE(first_write_started());
  const auto before = start(intake_.accept({job_of("b")}));
  const auto poison = start(intake_.accept({job_of("poison")}));
  const auto after = start(intake_.accept({job_of("c")}));
  executors_.io().poll();
  gated_.open();
  ASSERT_TRUE(run_until([&] { return before->has_value() && poison->has_value() && after->has_value(); }));
  EXPECT_EQ((*poison)->error().kind, ErrorKind::kTooLarge);
  ASSERT_TRUE((*before)->has_value());
  ASSERT_TRUE((*after)->has_value());
  EXPECT_EQ(journal_.find((*after)->value().front()).value()->article.key.id.value(), "c");
  EXPECT_EQ(journal_.counts().value()[model::JobState::kQueued], 3U);
  EXPECT_EQ(gated_.batches(), (std::vector<std::size_t>{1, 3, 1, 1, 1}));
}

TEST_F(IntakeTest, NothingIsAcceptedAtOnce) {
  const auto none = start(intake_.accept({}));
  ASSERT_TRUE(run_until([&] { return none->has_value(); }));
  EXPECT_TRUE((*none)->value().empty());
  EXPECT_TRUE(gated_.batches().empty());
}

TEST_F(IntakeTest, ACancelledCallersJobsBecomeDurableAllTheSame) {
  boost::asio::cancellation_signal cancel;
  std::optional<Result<Ids>> outcome;
  boost::asio::co_spawn(
      executors_.io(), intake_.accept({job_of("a")}),
      boost::asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr&, Result<Ids> result) {
        outcome = std::move(result);
      }));
  ASSERT_TRUE(first_write_started());
  cancel.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(run_until([&] { return outcome.has_value(); }));
  EXPECT_EQ(outcome->error().kind, ErrorKind::kCancelled);
  gated_.open();
  EXPECT_TRUE(run_until([&] { return journal_.counts().value()[model::JobState::kQueued] == 1; }));
}

}  // namespace
}  // namespace wellspring::sync
