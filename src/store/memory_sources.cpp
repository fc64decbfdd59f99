#include "store/memory_sources.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace wellspring::store {
namespace {

Error unknown(const model::SourceId& id) {
  return fail(ErrorKind::kNotFound, "there is no source " + id.value(), id.value());
}

Error uri_taken(const std::string& uri) {
  return fail(ErrorKind::kConflict, "there is a source with the URI " + uri, uri);
}

}  // namespace

MemorySources::Sources::iterator MemorySources::at(const model::SourceId& id) {
  return std::find_if(sources_.begin(), sources_.end(),
                      [&](const model::Source& source) { return source.id == id; });
}

bool MemorySources::taken(const std::string& uri, const model::SourceId& except) {
  return std::any_of(sources_.begin(), sources_.end(),
                     [&](const model::Source& source) { return source.uri == uri && source.id != except; });
}

Result<model::Source> MemorySources::create(const model::NewSource& source, Timestamp now) {
  const MutexLock lock(mutex_);
  if (taken(source.uri, {})) return uri_taken(source.uri);
  if (sources_.size() >= limits::kSources) {
    return fail(ErrorKind::kTooLarge, "there are as many sources as are allowed; delete one first");
  }
  return sources_.emplace_back(model::created(source, model::SourceId(ids_.next(now)), now));
}

Result<std::vector<model::Source>> MemorySources::list() {
  const MutexLock lock(mutex_);
  return sources_;
}

Result<std::optional<model::Source>> MemorySources::find(const model::SourceId& id) {
  const MutexLock lock(mutex_);
  const auto found = at(id);
  return found == sources_.end() ? std::nullopt : std::optional(*found);
}

Result<model::Source> MemorySources::update(const model::SourceId& id, const model::SourceChanges& changes,
                                            Timestamp now) {
  const MutexLock lock(mutex_);
  const auto found = at(id);
  if (found == sources_.end()) return unknown(id);
  if (changes.uri && taken(*changes.uri, id)) return uri_taken(*changes.uri);
  *found = model::changed(*found, changes, now);
  return *found;
}

Result<void> MemorySources::remove(const model::SourceId& id) {
  const MutexLock lock(mutex_);
  const auto found = at(id);
  if (found == sources_.end()) return unknown(id);
  sources_.erase(found);
  return {};
}

}  // namespace wellspring::store
