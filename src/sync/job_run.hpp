#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/job.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"

namespace wellspring::sync {

/// What the sync room needs of rag::Ingestor. All of it blocks and computes; thread-safe for different
/// articles.
struct Ingestion {
  std::function<Result<void>(const model::Article&)> publish;
  std::function<Result<void>(const ArticleId&, std::optional<Timestamp> tombstone)> remove;
  std::function<std::string(const model::Article&)> content_hash;
};

struct JobRun {
  std::string_view operation;  ///< as metrics name it: create, update, unpublish, delete
  Result<model::JobOutcome> outcome;
};

/// Does what a claimed job says unless contract D15 forbids it. Blocks. Running it again after a crash is
/// harmless.
JobRun run_job(const model::Job& job, store::ArticleStore& articles, store::JobJournal& journal,
               const Ingestion& ingestion);

}  // namespace wellspring::sync
