#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/job.hpp"
#include "store/job_journal.hpp"

namespace wellspring::store {

/// A job that waits beside the journal it belongs in.
struct SpooledJob {
  JobId id;  ///< of the spool; another number space than the journal's
  Timestamp accepted_at;
  model::NewJob job;
  std::optional<JobId> moved_to{};  ///< its id in the journal; `job` then holds no text any more
};

/// Keeps jobs durably while their journal cannot be reached. All calls block and are thread-safe; when a
/// change returns it is durable. Errors: kUnavailable, kResource, kCorrupt; kOverloaded where said.
class JobSpool {
 public:
  virtual ~JobSpool() = default;
  /// All or none, in order; a delivery that is here already, moved or not, is not added again, as in
  /// JobJournal::append(). kOverloaded when more than `most` would wait.
  virtual Result<std::vector<Appended>> append(std::span<const model::NewJob> jobs, Timestamp now,
                                               std::size_t most) = 0;
  /// What came first of what waits.
  virtual Result<std::vector<SpooledJob>> oldest(std::size_t limit) = 0;
  /// They are in the journal now: from the spool's id to the journal's.
  virtual Result<void> moved(std::span<const std::pair<JobId, JobId>> ids) = 0;
  virtual Result<std::optional<SpooledJob>> find(JobId id) = 0;
  /// The ids of those jobs whose delivery is here, moved or not; nothing for the others.
  virtual Result<std::vector<std::optional<JobId>>> find_deliveries(std::span<const model::NewJob> jobs) = 0;
  /// What has not moved.
  virtual Result<Backlog> waiting() = 0;
  /// Forgets moved jobs accepted before `before`.
  virtual Result<void> prune(Timestamp before) = 0;
};

}  // namespace wellspring::store
