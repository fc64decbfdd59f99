#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/job.hpp"

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
  /// All or none, in order. kOverloaded when more than `most` would wait.
  virtual Result<std::vector<JobId>> append(std::span<const model::NewJob> jobs, Timestamp now,
                                            std::size_t most) = 0;
  /// What came first of what waits.
  virtual Result<std::vector<SpooledJob>> oldest(std::size_t limit) = 0;
  /// They are in the journal now: from the spool's id to the journal's.
  virtual Result<void> moved(std::span<const std::pair<JobId, JobId>> ids) = 0;
  virtual Result<std::optional<SpooledJob>> find(JobId id) = 0;
  virtual Result<std::size_t> waiting() = 0;
  /// Forgets moved jobs accepted before `before`.
  virtual Result<void> prune(Timestamp before) = 0;
};

}  // namespace wellspring::store
