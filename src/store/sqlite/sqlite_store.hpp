#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"

namespace wellspring::store::sqlite {

/// Articles and jobs in one SQLite file. The stores live as long as this.
class SqliteStore {
 public:
  virtual ~SqliteStore() = default;
  virtual ArticleStore& articles() = 0;
  virtual JobJournal& journal() = 0;
};

/// Opens `wellspring.db` in `data_dir`, which must exist, creating the file when it is missing. Errors:
/// kUnavailable, kResource, kCorrupt; kUnsupported when a newer program wrote it.
Result<std::unique_ptr<SqliteStore>> open_sqlite_store(const std::filesystem::path& data_dir);

}  // namespace wellspring::store::sqlite
