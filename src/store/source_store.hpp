#pragma once

#include <optional>
#include <vector>

#include "base/result.hpp"
#include "model/source.hpp"

namespace wellspring::store {

/// The sources that people entered: collection `data_sources` of contract 1.7. All calls block (run them on
/// the blocking executor) and are thread-safe; when a change returns it is durable. Errors: kUnavailable,
/// kResource, kCorrupt; kNotFound, kConflict and kTooLarge where said.
///
/// The contract takes passages that carry a source's URI in a top-level `source_uri` away with the source,
/// and when its URI changes. Publishing and importing write no such member, so neither do our own stores have
/// one to look for; an adapter for a database that other programs wrote to as well removes them in update()
/// and remove().
class SourceStore {
 public:
  virtual ~SourceStore() = default;
  /// kConflict when another source has this URI; kTooLarge when there are limits::kSources already.
  virtual Result<model::Source> create(const model::NewSource& source, Timestamp now) = 0;
  /// All, in the order in which they were created.
  virtual Result<std::vector<model::Source>> list() = 0;
  virtual Result<std::optional<model::Source>> find(const model::SourceId& id) = 0;
  /// Applies model::changed() atomically and returns the outcome. kNotFound; kConflict when another source
  /// has the new URI.
  virtual Result<model::Source> update(const model::SourceId& id, const model::SourceChanges& changes,
                                       Timestamp now) = 0;
  /// kNotFound.
  virtual Result<void> remove(const model::SourceId& id) = 0;
};

}  // namespace wellspring::store
