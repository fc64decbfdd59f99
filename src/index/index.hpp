#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/query.hpp"

namespace wellspring::index {

/// Splits text into terms for the given locale, appending to the list. Injected, so that the index knows no
/// language. Thread-safe, and the same text and locale always give the same terms.
using Analyze =
    std::function<void(std::string_view text, std::string_view locale, std::vector<std::string>& terms)>;

/// Calls `task(0)` to `task(count - 1)`, at once where it can, and returns when all have returned.
using ParallelFor = std::function<void(std::size_t count, const std::function<void(std::size_t)>& task)>;

enum class Fusion {
  kConvex,  ///< scores of both stages, normalised over all chunks the query may find, mixed by `bm25_weight`
  kRrf,     ///< reciprocal ranks, constant 60
};

struct IndexOptions {
  std::size_t dimension = 384;
  /// As in Anserini. Chunks are of similar length, so little is normalised by it: beside 1.2 and 0.75, hybrid
  /// search gains on SciFact (nDCG@10 of the training queries) and on chunking-eval (recall@5).
  float bm25_k1 = 0.9F;
  float bm25_b = 0.4F;
};

struct SearchOptions {
  Fusion fusion = Fusion::kConvex;
  float bm25_weight = 0.45F;
  std::size_t candidates = 1000;                       ///< per stage, for kRrf (kConvex weighs every chunk)
  std::string default_locale = model::kDefaultLocale;  ///< for articles that lack the reader's locale
};

/// An immutable state of the index: every article is there in exactly one revision or not at all.
/// Thread-safe; readers keep it alive as long as they like.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  /// The best `query.k` chunks, best first; equal scores are ordered by (article, chunk index). `vector` is
  /// the query's embedding, of the index's dimension; it may be empty in mode kBm25. Never fails: a stage
  /// without terms or vector finds nothing, and a hybrid search then rests on the other. Scores depend on
  /// what is live alone, not on how it got there.
  /// An article in several locales is searched in one of them: of those that the filter lets through the
  /// nearest to `query.locale`, else to the default locale, else the first in order. A chunk is compared with
  /// the query's words as the chunk's own locale stems them.
  virtual std::vector<model::Hit> search(const model::Query& query, std::span<const float> vector,
                                         const SearchOptions& options) const = 0;
  virtual std::size_t chunk_count() const = 0;
  /// Each locale of an article counts as one.
  virtual std::size_t article_count() const = 0;
  /// Of all articles, each once, in order.
  virtual const std::vector<std::string>& locales() const = 0;
  /// Numbers the states of the index's content, rising with every change. Merging segments changes none, so
  /// two snapshots of one generation answer every query alike.
  virtual std::uint64_t generation() const = 0;
};

/// The searchable state and its one writer. replace() and remove() cost in proportion to the article's
/// chunks; segments are merged in the background by merge_step().
class Index {
 public:
  Index(const IndexOptions& options, Analyze analyze);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// One revision for one article key, its chunks in reading order; no chunks remove it. Visible at once when
  /// the call returns. Any thread; writers are serialised.
  void replace(const model::ArticleKey& key, std::vector<model::EmbeddedChunk> chunks);
  /// All locales of the article.
  void remove(const ArticleId& id);
  /// Builds everything from nothing quickly (start-up): as replace() for each in order, published once, in
  /// place of what was there. The work is cut into a few tasks for `parallel`, or done on the calling thread
  /// without one.
  void load(std::vector<std::pair<model::ArticleKey, std::vector<model::EmbeddedChunk>>> articles,
            const ParallelFor& parallel = {});
  /// Merges some segments when there are too many or too many dead chunks. False when nothing is left to
  /// do. Call it after changes, until false. Any thread, one merge at a time; readers never wait for it,
  /// writers only for the swap.
  bool merge_step();
  /// The newest state. Any thread, never blocks on a writer.
  std::shared_ptr<const Snapshot> snapshot() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::index
