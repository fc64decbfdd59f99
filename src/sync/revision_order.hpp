#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/timestamp.hpp"
#include "model/job.hpp"
#include "store/article_store.hpp"

/// Contract D15 as pure functions: `updated_at` decides, not arrival.
namespace wellspring::sync {

enum class Verdict {
  kApply,
  kUnchanged,  ///< the store says so already
  kOutdated,   ///< older than what is stored, to be ignored
};

/// What to do with a removal. `tombstone` is what a later publish must exceed; empty: remember nothing.
struct RemovalDecision {
  Verdict verdict = Verdict::kApply;
  std::optional<Timestamp> tombstone;
};

/// Decides a publish. `stored` is ArticleStore::find_all() of its article. An undated revision, which only
/// imports send, is ordered by its arrival and compared by its content.
Verdict decide_publish(std::span<const store::StoredRevision> stored, std::string_view locale,
                       std::optional<Timestamp> updated_at, std::string_view content_hash);

/// Decides an unpublish. Its tombstone leaves room for a publish with an equal `updated_at`: status is
/// content, and of two equal saves the later arrival wins.
RemovalDecision decide_unpublish(std::span<const store::StoredRevision> stored,
                                 std::optional<Timestamp> updated_at);

/// Decides a delete, which always applies. `greatest_journalled` is JobJournal::greatest_updated_at() of its
/// article.
RemovalDecision decide_delete(std::span<const store::StoredRevision> stored,
                              std::optional<Timestamp> updated_at,
                              std::optional<Timestamp> greatest_journalled);

}  // namespace wellspring::sync
