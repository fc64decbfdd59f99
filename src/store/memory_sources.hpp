#pragma once

#include "base/mutex.hpp"
#include "model/object_id.hpp"
#include "store/source_store.hpp"

namespace wellspring::store {

/// The port in memory, for tests and as the model that durable adapters are compared with. Thread-safe.
class MemorySources final : public SourceStore {
 public:
  Result<model::Source> create(const model::NewSource& source, Timestamp now) override;
  Result<std::vector<model::Source>> list() override;
  Result<std::optional<model::Source>> find(const model::SourceId& id) override;
  Result<model::Source> update(const model::SourceId& id, const model::SourceChanges& changes,
                               Timestamp now) override;
  Result<void> remove(const model::SourceId& id) override;

 private:
  using Sources = std::vector<model::Source>;
  Sources::iterator at(const model::SourceId& id) WELLSPRING_REQUIRES(mutex_);
  bool taken(const std::string& uri, const model::SourceId& except) WELLSPRING_REQUIRES(mutex_);

  model::ObjectIdGenerator ids_;
  Mutex mutex_;
  Sources sources_ WELLSPRING_GUARDED_BY(mutex_);
};

}  // namespace wellspring::store
