#pragma once

#include "store/job_spool.hpp"
#include "store/sqlite/database.hpp"

namespace wellspring::store::sqlite {

class SqliteSpool final : public JobSpool {
 public:
  explicit SqliteSpool(Database& database) : database_(database) {}
  Result<std::vector<Appended>> append(std::span<const model::NewJob> jobs, Timestamp now,
                                       std::size_t most) override;
  Result<std::vector<SpooledJob>> oldest(std::size_t limit) override;
  Result<void> moved(std::span<const std::pair<JobId, JobId>> ids) override;
  Result<std::optional<SpooledJob>> find(JobId id) override;
  Result<std::vector<std::optional<JobId>>> find_deliveries(std::span<const model::NewJob> jobs) override;
  Result<Backlog> waiting() override;
  Result<void> prune(Timestamp before) override;

 private:
  Database& database_;
};

}  // namespace wellspring::store::sqlite
