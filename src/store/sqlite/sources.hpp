#pragma once

#include "model/object_id.hpp"
#include "store/source_store.hpp"
#include "store/sqlite/database.hpp"

namespace wellspring::store::sqlite {

class SqliteSources final : public SourceStore {
 public:
  explicit SqliteSources(Database& database) : database_(database) {}
  Result<model::Source> create(const model::NewSource& source, Timestamp now) override;
  Result<std::vector<model::Source>> list() override;
  Result<std::optional<model::Source>> find(const model::SourceId& id) override;
  Result<model::Source> update(const model::SourceId& id, const model::SourceChanges& changes,
                               Timestamp now) override;
  Result<void> remove(const model::SourceId& id) override;

 private:
  Database& database_;
  model::ObjectIdGenerator ids_;
};

}  // namespace wellspring::store::sqlite
