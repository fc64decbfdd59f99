#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/article.hpp"
#include "model/chunk.hpp"

namespace wellspring::store {

/// What is stored of one article in one locale, without its chunks.
struct StoredRevision {
  model::ArticleKey key;  ///< a tombstone stands for every locale; find_all() gives it an empty one
  bool live = false;      ///< false: a tombstone
  std::optional<Timestamp>
      updated_at;            ///< greatest applied; for a tombstone: what must be exceeded to come back
  std::string content_hash;  ///< of the article as sent; empty for a tombstone
  std::string title;
  std::string source;
  std::size_t chunk_count = 0;
  Timestamp stored_at;
  std::string embedding_model{};  ///< of its chunks' vectors; empty where that is not one
};

/// A revision ready to be served. Its chunks carry the same key and the same article-level metadata, and are
/// indexed from 0 in order.
struct Revision {
  model::ArticleKey key;
  std::optional<Timestamp> updated_at;
  std::string content_hash;
  std::string title;
  std::string source;
  std::string embedding_model;  ///< Embedder::model_name() of the vectors
  std::vector<model::EmbeddedChunk> chunks;
};

struct StoreCounts {
  std::size_t articles = 0;  ///< live
  std::size_t chunks = 0;
};

/// What Revision promises about its chunks; kBug naming the first chunk that breaks it. Every adapter asks
/// before it writes.
Result<void> check(const Revision& revision);

/// True when two chunks agree in everything that belongs to the article and not to the chunk.
bool same_article_metadata(const model::ChunkMetadata& a, const model::ChunkMetadata& b);

/// Durable home of revisions and their chunks. All calls block (run them on the blocking executor) and are
/// thread-safe; when a change returns it is durable. Errors: kUnavailable, kResource, kCorrupt.
class ArticleStore {
 public:
  virtual ~ArticleStore() = default;
  /// Live revision or tombstone; empty when the article was never seen.
  virtual Result<std::optional<StoredRevision>> find(const model::ArticleKey& key) = 0;
  /// The live revisions of all locales, then the tombstone if there is one.
  virtual Result<std::vector<StoredRevision>> find_all(const ArticleId& id) = 0;
  /// The chunks of a live revision in reading order; empty when there is none.
  virtual Result<std::vector<model::EmbeddedChunk>> chunks(const model::ArticleKey& key) = 0;
  /// Replaces the article's revision atomically. An undated revision keeps the `updated_at` of the one it
  /// replaces.
  virtual Result<void> publish(const Revision& revision, Timestamp now) = 0;
  /// Removes the live revisions of all locales atomically and, when `tombstone` is set, remembers for all
  /// locales that only a revision with a greater `updated_at` may come back; a tombstone's time never falls.
  /// Removing what is unknown succeeds and, without a tombstone time, remembers nothing.
  virtual Result<void> remove(const ArticleId& id, std::optional<Timestamp> tombstone, Timestamp now) = 0;
  /// Live revisions, ordered by key. `source` empty: all sources.
  virtual Result<std::vector<StoredRevision>> list(const std::string& source, std::size_t offset,
                                                   std::size_t limit) = 0;
  /// Calls `visit` once per live revision with all its chunks; stops at the first error `visit` returns.
  /// Vectors made by another model than `embedding_model` come back empty.
  virtual Result<void> for_each(
      const std::string& embedding_model,
      const std::function<Result<void>(const model::ArticleKey&, std::vector<model::EmbeddedChunk>&&)>&
          visit) = 0;
  virtual Result<StoreCounts> counts() = 0;
};

}  // namespace wellspring::store
