#include "store/article_store.hpp"

#include <fmt/format.h>

#include <tuple>

namespace wellspring::store {
namespace {

auto article_part(const model::ChunkMetadata& metadata) {
  return std::tie(metadata.article, metadata.source, metadata.title, metadata.author, metadata.categories,
                  metadata.published_at, metadata.slug, metadata.extra);
}

Error broken(const Revision& revision, std::size_t position, std::string_view what) {
  return fail(ErrorKind::kBug,
              fmt::format("publish article '{}': chunk {} of {} {}", revision.key.id.value(), position,
                          revision.chunks.size(), what),
              revision.key.id.value());
}

}  // namespace

bool same_article_metadata(const model::ChunkMetadata& a, const model::ChunkMetadata& b) {
  return article_part(a) == article_part(b);
}

Result<void> check(const Revision& revision) {
  if (revision.key.locale.empty()) {
    return fail(ErrorKind::kBug, "publish article: its locale is empty", revision.key.id.value());
  }
  for (std::size_t i = 0; i < revision.chunks.size(); ++i) {
    const model::ChunkMetadata& metadata = revision.chunks[i].chunk.metadata;
    if (metadata.index != i) return broken(revision, i, fmt::format("carries the index {}", metadata.index));
    if (metadata.article != revision.key) return broken(revision, i, "belongs to another article or locale");
    if (!same_article_metadata(metadata, revision.chunks.front().chunk.metadata)) {
      return broken(revision, i, "differs from the first in metadata of the article");
    }
  }
  return {};
}

}  // namespace wellspring::store
