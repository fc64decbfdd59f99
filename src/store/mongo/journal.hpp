#pragma once

#include <map>
#include <set>
#include <string>

#include "base/mutex.hpp"
#include "store/job_journal.hpp"
#include "store/mongo/job_rows.hpp"
#include "store/mongo/names.hpp"
#include "store/mongo/session.hpp"

namespace wellspring::store::mongo {

/// How long a running job belongs to the process that claimed it, should that one never be heard of again.
inline constexpr std::chrono::minutes kJobLease{10};

/// The journal. Claiming is one findAndModify. What touches the order of an article's jobs is done by one
/// thread of this process at a time, as in the embedded store.
class MongoJournal final : public JobJournal {
 public:
  /// `instance` names this process among those that share the database, the same after a restart.
  MongoJournal(Channel& channel, const Names& names, std::string instance, const Clock& clock)
      : channel_(channel), names_(names), instance_(std::move(instance)), clock_(clock) {}

  Result<std::vector<Appended>> append(std::span<const model::NewJob> jobs, Timestamp now) override;
  Result<std::optional<model::Job>> claim(Timestamp now) override;
  Result<void> finish(JobId id, model::JobOutcome outcome, Timestamp now) override;
  Result<void> fail_attempt(JobId id, const std::string& error, std::optional<Timestamp> retry_at,
                            Timestamp now) override;
  Result<void> retry(JobId id) override;
  Result<std::size_t> recover() override;
  Result<std::optional<model::Job>> find(JobId id) override;
  Result<std::vector<model::Job>> list(const JobFilter& filter, std::size_t offset,
                                       std::size_t limit) override;
  Result<std::map<model::JobState, std::size_t>> counts(const JobFilter& filter = {}) override;
  Backlog backlog() override;
  Result<std::optional<Timestamp>> next_due() override;
  Result<std::optional<Timestamp>> greatest_updated_at(const ArticleId& id) override;
  Result<std::size_t> prune(Timestamp before, std::size_t limit) override;
  /// As Transfer::restore_jobs().
  Result<void> restore(std::span<const model::Job> jobs);

 private:
  /// What this process knows beyond the rows.
  struct Books {
    std::set<ArticleId> unsettled;  ///< whose heads a failed call may have left wrong
    std::set<JobId> in_doubt;       ///< jobs that may have moved: the answer got lost
    std::set<JobId> held;           ///< claimed here, not yet finished
    bool claim_got_lost = false;    ///< the answer to one: a job may be running that nobody holds
  };

  /// What a moved job is about, and what it weighs in the backlog.
  struct Moved {
    ArticleId article;
    std::size_t text_bytes = 0;
  };

  std::set<ArticleId> with_head(std::span<const model::NewJob> jobs);
  std::map<std::string, JobId> journalled(std::span<const model::NewJob> jobs);
  /// Throws kConflict when another process journals one of the deliveries at the same time.
  std::vector<Appended> append_new(std::span<const model::NewJob> jobs, Timestamp now);
  /// Moves a job from one state to another. Throws kNotFound or kConflict.
  Moved move(Books& books, JobId id, model::JobState from, const Doc& change);
  std::optional<Doc> find_light(JobId id);
  void mark_heads(const std::vector<UnfinishedJob>& jobs);
  void settle_all();
  /// Puts right which job of the article is its head. What cannot be done now is left for the next call.
  void settle(Books& books, const ArticleId& article);
  void settle_what_is_left(Books& books);
  std::optional<Doc> take_next(Books& books, Timestamp now);

  Channel& channel_;
  const Names& names_;
  const std::string instance_;
  const Clock& clock_;
  Mutex mutex_;
  Books books_ WELLSPRING_GUARDED_BY(mutex_);
  BacklogCount backlog_;  ///< ours since the last count of everything
};

}  // namespace wellspring::store::mongo
