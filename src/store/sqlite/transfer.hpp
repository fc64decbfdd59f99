#pragma once

#include "store/sqlite/database.hpp"
#include "store/transfer.hpp"

namespace wellspring::store::sqlite {

class SqliteTransfer final : public Transfer {
 public:
  explicit SqliteTransfer(Database& database) : database_(database) {}
  Result<std::vector<StoredRevision>> tombstones(const std::optional<ArticleId>& after,
                                                 std::size_t limit) override;
  Result<std::vector<ArticleTime>> article_times(const std::optional<ArticleId>& after,
                                                 std::size_t limit) override;
  Result<void> restore_times(std::span<const ArticleTime> times) override;
  Result<void> restore_jobs(std::span<const model::Job> jobs) override;
  Result<void> restore_sources(std::span<const model::Source> sources) override;

 private:
  Database& database_;
};

}  // namespace wellspring::store::sqlite
