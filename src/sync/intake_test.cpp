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

  Result<Ids> append(std::span<const model::NewJob> jobs, Timestamp now) override {
    const MutexLock lock(mutex_);
    batches_.push_back(jobs.size());
    while (!open_) changed_.wait(mutex_);
    if (failing_) return fail(ErrorKind::kResource, "disk full");
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
