#include "sync/revision_order.hpp"

#include <algorithm>

namespace wellspring::sync {
namespace {

using store::StoredRevision;

// The precision of Timestamp, hence the least step between two saves that differ in time.
constexpr std::chrono::milliseconds kLeastStep{1};

std::optional<Timestamp> tombstone_of(std::span<const StoredRevision> stored) {
  for (const StoredRevision& revision : stored) {
    if (!revision.live) return revision.updated_at;
  }
  return std::nullopt;
}

bool any_live(std::span<const StoredRevision> stored) {
  return std::any_of(stored.begin(), stored.end(),
                     [](const StoredRevision& revision) { return revision.live; });
}

/// Of all live locales; empty when none is dated. (An empty optional is less than any time.)
std::optional<Timestamp> greatest_live(std::span<const StoredRevision> stored) {
  std::optional<Timestamp> greatest;
  for (const StoredRevision& revision : stored) {
    if (revision.live) greatest = std::max(greatest, revision.updated_at);
  }
  return greatest;
}

RemovalDecision removal(std::span<const StoredRevision> stored, std::optional<Timestamp> tombstone) {
  const bool changes = any_live(stored) || tombstone > tombstone_of(stored);
  return {changes ? Verdict::kApply : Verdict::kUnchanged, tombstone};
}

}  // namespace

Verdict decide_publish(std::span<const StoredRevision> stored, std::string_view locale,
                       std::optional<Timestamp> updated_at, std::string_view content_hash) {
  const std::optional<Timestamp> tombstone = tombstone_of(stored);
  if (updated_at && tombstone && *updated_at <= *tombstone) return Verdict::kOutdated;
  const auto own = std::find_if(stored.begin(), stored.end(), [&](const StoredRevision& revision) {
    return revision.live && revision.key.locale == locale;
  });
  if (own == stored.end()) return Verdict::kApply;
  const bool both_dated = updated_at && own->updated_at;
  if (both_dated && *updated_at < *own->updated_at) return Verdict::kOutdated;
  // A newer date is stored even when the content is the same: it orders what comes later.
  const bool newer_date = updated_at && updated_at > own->updated_at;
  return own->content_hash == content_hash && !newer_date ? Verdict::kUnchanged : Verdict::kApply;
}

RemovalDecision decide_unpublish(std::span<const StoredRevision> stored,
                                 std::optional<Timestamp> updated_at) {
  const std::optional<Timestamp> newest = greatest_live(stored);
  if (!updated_at) return removal(stored, newest);
  if (newest && *updated_at < *newest) return {Verdict::kOutdated, std::nullopt};
  return removal(stored, *updated_at - kLeastStep);
}

RemovalDecision decide_delete(std::span<const StoredRevision> stored, std::optional<Timestamp> updated_at,
                              std::optional<Timestamp> greatest_journalled) {
  return removal(stored, std::max({updated_at, greatest_journalled, greatest_live(stored)}));
}

}  // namespace wellspring::sync
