#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "embed/embedder.hpp"
#include "index/index.hpp"
#include "model/article.hpp"
#include "obs/metrics.hpp"
#include "store/article_store.hpp"
#include "store/missing_vectors.hpp"

namespace wellspring::rag {

/// Identifies an article's content for "same content" (contract D15): everything that a chunk can show, and
/// nothing that is time.
std::string content_hash(const model::Article& article);

using StoredArticles = std::vector<std::pair<model::ArticleKey, std::vector<model::EmbeddedChunk>>>;

/// Everything live in the store; vectors of another model than `embedding_model` come empty. Blocks. Apart
/// from Ingestor, so that a start can read while the model is opened.
Result<StoredArticles> read_stored(store::ArticleStore& store, const std::string& embedding_model);

/// Brings one article into store and index: chunk, embed what is new (a chunk whose text is already stored
/// for this article keeps its vector), publish atomically, make it searchable. Blocks and computes: call it
/// on the background executor, from one thread per article at a time. Call load() before anything else:
/// afterwards every stored vector is the embedder's own.
class Ingestor {
 public:
  Ingestor(const embed::Embedder& embedder, store::ArticleStore& store, index::Index& index,
           const Clock& clock, obs::Metrics& metrics);
  /// Store first, then index. Errors: those of chunking, embedding and the store; the old revision stays
  /// served.
  Result<void> publish(const model::Article& article);
  /// Unpublish or delete, all locales; see ArticleStore::remove for `tombstone`.
  Result<void> remove(const ArticleId& id, std::optional<Timestamp> tombstone);
  /// What becomes of chunks whose vectors are missing or belong to another model.
  enum class Unembedded {
    kEmbed,  ///< embedded and stored before load() returns
    kServe,  ///< found by their words alone, until embed_some() came to them
  };
  /// Fills the empty index with what read_stored() gave for this embedder. `parallel` shares out the index's
  /// part of the work. Returns how many chunks have no vector yet.
  Result<std::size_t> load(StoredArticles articles, Unembedded unembedded,
                           const index::ParallelFor& parallel = {});
  /// Embeds some of what is missing and makes it findable by meaning. Returns how much; 0 when nothing is
  /// missing any more. From one thread at a time, beside other changes.
  Result<std::size_t> embed_some(store::MissingVectors& missing);

 private:
  void reuse_vectors(std::vector<model::EmbeddedChunk>& stored,
                     std::vector<model::EmbeddedChunk>& chunks) const;
  Result<void> embed_missing(std::vector<model::EmbeddedChunk>& chunks);
  Result<std::vector<std::vector<float>>> embed(std::span<const std::string_view> texts);
  Result<void> refresh(const model::ArticleKey& key);
  void fill_gaps(std::vector<model::EmbeddedChunk>& chunks) const;
  Result<void> renew_vectors(const model::ArticleKey& key, std::vector<model::EmbeddedChunk>& chunks);

  const embed::Embedder& embedder_;
  store::ArticleStore& store_;
  index::Index& index_;
  const Clock& clock_;
  obs::Metrics& metrics_;
  std::string last_row_;  ///< that embed_some() began with
  Mutex changing_;        ///< held from a change of the store to that of the index
};

}  // namespace wellspring::rag
