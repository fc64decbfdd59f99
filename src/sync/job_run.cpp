#include "sync/job_run.hpp"

#include <algorithm>
#include <vector>

#include "sync/revision_order.hpp"

namespace wellspring::sync {
namespace {

using model::Job;
using model::JobKind;
using model::JobOutcome;
using Stored = std::vector<store::StoredRevision>;

JobOutcome outcome_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kApply:
      return JobOutcome::kApplied;
    case Verdict::kUnchanged:
      return JobOutcome::kUnchanged;
    case Verdict::kOutdated:
      return JobOutcome::kOutdated;
  }
  return JobOutcome::kNone;
}

std::string_view operation_of(const Job& job, const Stored& stored) {
  if (job.kind != JobKind::kPublish) return name(job.kind);
  const bool known =
      std::any_of(stored.begin(), stored.end(), [](const auto& revision) { return revision.live; });
  return known ? "update" : "create";
}

Result<JobOutcome> publish(const Job& job, const Stored& stored, const Ingestion& ingestion) {
  const model::Article& article = job.article;
  const Verdict verdict =
      decide_publish(stored, article.key.locale, article.updated_at, ingestion.content_hash(article));
  if (verdict == Verdict::kApply) {
    if (auto published = ingestion.publish(article); !published) return published.error();
  }
  return outcome_of(verdict);
}

Result<RemovalDecision> decide_removal(const Job& job, const Stored& stored, store::JobJournal& journal) {
  if (job.kind == JobKind::kUnpublish) return decide_unpublish(stored, job.article.updated_at);
  const auto greatest = journal.greatest_updated_at(job.article.key.id);
  if (!greatest) return greatest.error();
  return decide_delete(stored, job.article.updated_at, *greatest);
}

Result<JobOutcome> remove(const Job& job, const Stored& stored, store::JobJournal& journal,
                          const Ingestion& ingestion) {
  const auto decided = decide_removal(job, stored, journal);
  if (!decided) return decided.error();
  if (decided->verdict == Verdict::kApply) {
    if (auto removed = ingestion.remove(job.article.key.id, decided->tombstone); !removed)
      return removed.error();
  }
  return outcome_of(decided->verdict);
}

}  // namespace

JobRun run_job(const Job& job, store::ArticleStore& articles, store::JobJournal& journal,
               const Ingestion& ingestion) {
  const auto stored = articles.find_all(job.article.key.id);
  if (!stored) return {operation_of(job, {}), stored.error()};
  return {operation_of(job, *stored), job.kind == JobKind::kPublish
                                          ? publish(job, *stored, ingestion)
                                          : remove(job, *stored, journal, ingestion)};
}

}  // namespace wellspring::sync
