#pragma once

#include "model/object_id.hpp"
#include "store/mongo/bad_rows.hpp"
#include "store/mongo/names.hpp"
#include "store/mongo/session.hpp"
#include "store/source_store.hpp"

namespace wellspring::store::mongo {

/// The reference's `data_sources`, with `position` of ours for the order. Chunk rows with a top-level
/// `source_uri`, which only other programs write, go with their source.
class MongoSources final : public SourceStore {
 public:
  MongoSources(Channel& channel, const Names& names, BadRows& bad_rows)
      : channel_(channel), names_(names), bad_rows_(bad_rows) {}
  Result<model::Source> create(const model::NewSource& source, Timestamp now) override;
  Result<std::vector<model::Source>> list() override;
  Result<std::optional<model::Source>> find(const model::SourceId& id) override;
  Result<model::Source> update(const model::SourceId& id, const model::SourceChanges& changes,
                               Timestamp now) override;
  Result<void> remove(const model::SourceId& id) override;
  /// As Transfer::restore_sources().
  Result<void> restore(std::span<const model::Source> sources);

 private:
  std::optional<model::Source> find_row(const model::SourceId& id);
  std::optional<model::Source> read(const bson_t& row);
  void insert(Session& session, const model::Source& source);
  void require_free(Session& session, const model::Source& source);
  void remove_passages(const std::string& uri);

  Channel& channel_;
  const Names& names_;
  BadRows& bad_rows_;
  model::ObjectIdGenerator ids_;
};

}  // namespace wellspring::store::mongo
