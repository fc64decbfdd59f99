#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/job.hpp"
#include "model/source.hpp"
#include "store/article_store.hpp"

namespace wellspring::store {

/// The greatest `updated_at` ever journalled for an article.
struct ArticleTime {
  ArticleId article;
  Timestamp updated_at;
};

/// What copying a store whole needs beyond its ports. For a store that serves nobody meanwhile. All calls
/// block and are thread-safe; what was restored is durable. Errors: kUnavailable, kResource, kCorrupt.
class Transfer {
 public:
  virtual ~Transfer() = default;
  /// By article id, from behind `after` on.
  virtual Result<std::vector<StoredRevision>> tombstones(const std::optional<ArticleId>& after,
                                                         std::size_t limit) = 0;
  /// Likewise. Articles that still have jobs may be left out.
  virtual Result<std::vector<ArticleTime>> article_times(const std::optional<ArticleId>& after,
                                                         std::size_t limit) = 0;
  /// Times only grow.
  virtual Result<void> restore_times(std::span<const ArticleTime> times) = 0;
  /// Puts jobs back under their ids, in place of those that have them, running ones as queued. Younger jobs
  /// get greater ids.
  virtual Result<void> restore_jobs(std::span<const model::Job> jobs) = 0;
  /// Puts sources back under their ids, in place of those that have them, in this order behind the others.
  /// kConflict when another source has the URI.
  virtual Result<void> restore_sources(std::span<const model::Source> sources) = 0;
};

}  // namespace wellspring::store
