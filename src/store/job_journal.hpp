#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/job.hpp"
#include "store/backlog.hpp"

namespace wellspring::store {

/// What append() did with one job.
struct Appended {
  JobId id;
  bool is_new = true;  ///< false: its delivery was there already, under this id
};

struct JobFilter {
  std::optional<model::JobState> state;
  std::optional<ArticleId> article;
  std::optional<JobId> first{};  ///< no older job
  std::optional<JobId> last{};   ///< no newer job
  bool operator==(const JobFilter&) const = default;
};

/// The durable queue between an accepted webhook and a changed index. All calls block and are thread-safe;
/// when a change returns it is durable. Errors: kUnavailable, kResource, kCorrupt; kNotFound and kConflict
/// where said.
class JobJournal {
 public:
  virtual ~JobJournal() = default;
  /// Appends all or none, in order, in one durable write. Returns what became of each in the same order. A
  /// job whose delivery is journalled already, also one of the same call, is not added: its first id is
  /// returned. A delivery is remembered as long as its job, which prune() forgets.
  virtual Result<std::vector<Appended>> append(std::span<const model::NewJob> jobs, Timestamp now) = 0;
  /// Takes the next runnable job and marks it running: webhooks before imports, then oldest first; never a
  /// job of an article that has an older job still queued, or any job running (so the jobs of one article run
  /// in order, and a waiting retry holds back its successors only). Counts the attempt. Empty when nothing
  /// can run now.
  virtual Result<std::optional<model::Job>> claim(Timestamp now) = 0;
  /// Marks a running job done and forgets its article's text. kNotFound; kConflict when it is not running.
  virtual Result<void> finish(JobId id, model::JobOutcome outcome, Timestamp now) = 0;
  /// Records a failed attempt. With `retry_at` the job is queued again for that time, without it the job is
  /// dead (and holds nothing back any more). kNotFound; kConflict when it is not running.
  virtual Result<void> fail_attempt(JobId id, const std::string& error, std::optional<Timestamp> retry_at,
                                    Timestamp now) = 0;
  /// Puts a dead job back to queued with no attempts counted. kNotFound; kConflict when it is not dead.
  virtual Result<void> retry(JobId id) = 0;
  /// Puts running jobs back to queued: what a start after a crash calls first. Attempts stay counted.
  virtual Result<std::size_t> recover() = 0;
  virtual Result<std::optional<model::Job>> find(JobId id) = 0;
  /// Newest first, each article with key, title and `updated_at` only. `offset` and `limit` page.
  virtual Result<std::vector<model::Job>> list(const JobFilter& filter, std::size_t offset,
                                               std::size_t limit) = 0;
  /// Jobs by state.
  virtual Result<std::map<model::JobState, std::size_t>> counts(const JobFilter& filter = {}) = 0;
  /// What is queued or running. Takes no longer the more there is, and waits for nobody; where several
  /// programs share the journal it may be as old as the last counts() of everything.
  virtual Backlog backlog() = 0;
  /// When the earliest queued job may run, a time in the past when it may run now; empty when none is queued
  /// or all that are queued wait for a running one.
  virtual Result<std::optional<Timestamp>> next_due() = 0;
  /// The greatest `updated_at` of any job ever journalled for the article (contract D15: a tombstone carries
  /// it).
  virtual Result<std::optional<Timestamp>> greatest_updated_at(const ArticleId& id) = 0;
  /// Forgets done jobs finished before `before`, at most `limit`. Never forgets dead ones.
  virtual Result<std::size_t> prune(Timestamp before, std::size_t limit) = 0;
};

}  // namespace wellspring::store
