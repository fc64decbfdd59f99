#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "index/index.hpp"
#include "index/postings.hpp"
#include "index/rows.hpp"
#include "model/chunk.hpp"

namespace wellspring::index {

using ArticleChunks = std::pair<model::ArticleKey, std::vector<model::EmbeddedChunk>>;

/// The chunks of one article in a segment.
struct ArticleRange {
  model::ArticleKey key;
  Slot first = 0;
  Slot count = 0;
  // What follows from the key; see describe_articles().
  std::uint32_t locale = 0;  ///< place of its locale in Segment::locales
  std::size_t id_hash = 0;   ///< of the id alone
};

/// Some articles, searchable. Immutable once built, shared by the snapshots that list it. Articles are
/// ordered by key and an article's chunks follow one another, so that slots within a segment are in the order
/// in which equal scores are listed.
struct Segment {
  std::vector<ArticleRange> articles;
  std::vector<std::string> locales;             ///< of the articles, each once, in order
  std::vector<std::size_t> articles_in_locale;  ///< by place in `locales`
  std::vector<std::shared_ptr<const model::Chunk>> chunks;
  Rows rows;
  Postings postings;
  std::uint64_t length = 0;  ///< terms in all chunks

  /// All locales of an article.
  std::span<const ArticleRange> find(const ArticleId& id) const;
  /// One or none.
  std::span<const ArticleRange> find(const model::ArticleKey& key) const;
  const ArticleRange& article_of(Slot slot) const;
};

/// Fills in what follows from the keys of `articles`: the last step of building a segment.
void describe_articles(Segment& segment);

/// Takes the articles' contents. Keys ascend strictly and no article is without chunks.
std::shared_ptr<const Segment> build_segment(std::span<ArticleChunks> articles, std::size_t dimension,
                                             const Analyze& analyze);

}  // namespace wellspring::index
