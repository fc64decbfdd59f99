#pragma once

#include "store/job_journal.hpp"
#include "store/sqlite/database.hpp"

namespace wellspring::store::sqlite {

/// The job to run next: its id and when it was accepted. The index is named because without statistics SQLite
/// prefers jobs_by_state and sorts; here so that a test can look at the plan.
inline constexpr std::string_view kNextJob =
    "SELECT id, accepted_at FROM jobs INDEXED BY jobs_ready "
    "WHERE state = 0 AND head = 1 AND not_before IS NULL ORDER BY priority, id LIMIT 1";

class SqliteJournal final : public JobJournal {
 public:
  /// Throws Failure when the file cannot be read.
  explicit SqliteJournal(Database& database);
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

 private:
  Database& database_;
  BacklogCount backlog_;
};

}  // namespace wellspring::store::sqlite
