#include "model/source.hpp"

#include <algorithm>

namespace wellspring::model {

Source created(NewSource source, SourceId id, Timestamp now) {
  return {.id = std::move(id),
          .name = std::move(source.name),
          .type = std::move(source.type),
          .uri = std::move(source.uri),
          .status = std::string(kIngesting),
          .last_ingested_at = source.last_ingested_at,
          .created_at = now,
          .updated_at = now};
}

Source changed(Source source, const SourceChanges& changes, Timestamp now) {
  const bool moved = changes.uri && *changes.uri != source.uri;
  if (changes.name) source.name = *changes.name;
  if (changes.type) source.type = *changes.type;
  if (changes.uri) source.uri = *changes.uri;
  if (changes.status) source.status = *changes.status;
  if (changes.last_ingested_at) source.last_ingested_at = *changes.last_ingested_at;
  if (moved) source.status = kIngesting;
  source.updated_at = std::max(now, source.updated_at + std::chrono::milliseconds{1});
  return source;
}

}  // namespace wellspring::model
