#pragma once

#include <cstdint>
#include <functional>

#include "base/mutex.hpp"
#include "store/job_journal.hpp"
#include "store/job_spool.hpp"

namespace wellspring::store {

/// A journal on another machine, with a spool for the time when it cannot be reached: accepting jobs goes on,
/// and claiming moves what was spooled into the journal first, in order. While anything is spooled, new jobs
/// are spooled as well, so that no job overtakes an older one. A crash between the two steps of a move moves
/// a job twice, which contract D15 makes harmless. Ids of spooled jobs begin at kFirstSpooledId and stay
/// valid after the move. list() shows what is in the journal. A repeated delivery that was spooled first gets
/// the spool's id for as long as the spool remembers it; one that only the journal knows, while that is out
/// of reach, gets an id of its own, which becomes the journal's job with the move. Thread-safe.
class SpoolingJournal final : public JobJournal {
 public:
  /// Above any id of a journal, and exact in a JSON number.
  static constexpr std::int64_t kFirstSpooledId = std::int64_t{1} << 50;

  /// `is_away`: the journal is known to be out of reach, so that nobody waits to find out. Any thread.
  SpoolingJournal(JobJournal& journal, JobSpool& spool, std::function<bool()> is_away,
                  std::size_t spooled_max);

  /// Reads what an earlier run left. Call before anything else.
  Result<void> open();
  std::size_t spooled() const { return waiting_.get().jobs; }

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
  /// Spooled jobs count as queued, unless the filter asks for certain jobs.
  Result<std::map<model::JobState, std::size_t>> counts(const JobFilter& filter = {}) override;
  Backlog backlog() override;
  Result<std::optional<Timestamp>> next_due() override;
  Result<std::optional<Timestamp>> greatest_updated_at(const ArticleId& id) override;
  Result<std::size_t> prune(Timestamp before, std::size_t limit) override;

 private:
  /// For jobs whose delivery the spool does not hold.
  Result<std::vector<Appended>> append_fresh(std::span<const model::NewJob> jobs, Timestamp now);
  Result<std::vector<Appended>> spool(std::span<const model::NewJob> jobs, Timestamp now);
  Result<void> move_some();

  JobJournal& journal_;
  JobSpool& spool_;
  const std::function<bool()> is_away_;
  const std::size_t spooled_max_;
  BacklogCount waiting_;
  Mutex moving_;
};

}  // namespace wellspring::store
