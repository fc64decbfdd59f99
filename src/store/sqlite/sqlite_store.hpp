#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"
#include "store/job_spool.hpp"
#include "store/question_store.hpp"
#include "store/source_store.hpp"
#include "store/transfer.hpp"

namespace wellspring::store::sqlite {

/// Articles, jobs, sources and questions in one SQLite file, and the spool of a journal kept elsewhere. The
/// stores live as long as this.
class SqliteStore {
 public:
  virtual ~SqliteStore() = default;
  virtual ArticleStore& articles() = 0;
  virtual JobJournal& journal() = 0;
  virtual SourceStore& sources() = 0;
  virtual QuestionStore& questions() = 0;
  virtual Transfer& transfer() = 0;
  virtual JobSpool& spool() = 0;
};

/// Opens `wellspring.db` in `data_dir`, which must exist, creating the file when it is missing. Errors:
/// kUnavailable, kResource, kCorrupt; kUnsupported when a newer program wrote it.
Result<std::unique_ptr<SqliteStore>> open_sqlite_store(const std::filesystem::path& data_dir);

}  // namespace wellspring::store::sqlite
