#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "embed/embedder.hpp"
#include "index/index.hpp"
#include "model/article.hpp"
#include "obs/metrics.hpp"
#include "store/article_store.hpp"

namespace wellspring::rag {

/// Identifies an article's content for "same content" (contract D15): everything that a chunk can show, and
/// nothing that is time.
std::string content_hash(const model::Article& article);

/// Brings one article into store and index: chunk, embed what is new (a chunk whose text is already stored
/// for this article with the same embedding model keeps its vector), publish atomically, make it searchable.
/// Blocks and computes: call it on the background executor, from one thread per article at a time.
class Ingestor {
 public:
  Ingestor(const embed::Embedder& embedder, store::ArticleStore& store, index::Index& index,
           const Clock& clock, obs::Metrics& metrics);
  /// Store first, then index. Errors: those of chunking, embedding and the store; the old revision stays
  /// served.
  Result<void> publish(const model::Article& article);
  /// Unpublish or delete, all locales; see ArticleStore::remove for `tombstone`.
  Result<void> remove(const ArticleId& id, std::optional<Timestamp> tombstone);
  /// Fills the empty index from the store; embeds chunks whose vectors belong to another model.
  Result<void> load();

 private:
  const embed::Embedder& embedder_;
  store::ArticleStore& store_;
  index::Index& index_;
  const Clock& clock_;
  obs::Metrics& metrics_;
};

}  // namespace wellspring::rag
