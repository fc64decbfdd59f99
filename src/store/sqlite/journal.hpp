#pragma once

#include "store/job_journal.hpp"
#include "store/sqlite/database.hpp"

namespace wellspring::store::sqlite {

class SqliteJournal final : public JobJournal {
 public:
  explicit SqliteJournal(Database& database) : database_(database) {}
  Result<std::vector<JobId>> append(std::span<const model::NewJob> jobs, Timestamp now) override;
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
  Result<std::optional<Timestamp>> next_due() override;
  Result<std::optional<Timestamp>> greatest_updated_at(const ArticleId& id) override;
  Result<std::size_t> prune(Timestamp before, std::size_t limit) override;

 private:
  Database& database_;
};

}  // namespace wellspring::store::sqlite
