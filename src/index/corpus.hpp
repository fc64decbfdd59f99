#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "index/bitmap.hpp"
#include "index/segment.hpp"

namespace wellspring::index {

/// What is no longer there of a segment. Immutable: a removal copies it and adds to the copy. The copy is the
/// only cost that grows with the segment and not with the article: one bit a chunk (25 kB at 200,000 chunks)
/// and 8 bytes for each distinct term of the dead chunks, which merging keeps to a fraction of the segment.
struct Tombstones {
  Bitmap dead;  ///< by slot
  std::size_t chunks = 0;
  std::size_t articles = 0;
  std::vector<std::size_t> articles_in_locale;  ///< by place in the segment's `locales`
  std::uint64_t length = 0;                     ///< terms in the dead chunks

  struct TermCount {
    TermId term = 0;
    std::uint32_t chunks = 0;
  };
  std::vector<TermCount> terms;  ///< dead chunks with each term, ordered by term

  std::uint32_t chunks_with(TermId term) const;
};

/// A segment as one snapshot sees it.
struct SegmentView {
  std::shared_ptr<const Segment> segment;
  std::shared_ptr<const Tombstones> tombstones;  ///< null when everything is live

  std::size_t live_chunks() const { return segment->chunks.size() - (tombstones ? tombstones->chunks : 0); }
  std::size_t live_articles() const {
    return segment->articles.size() - (tombstones ? tombstones->articles : 0);
  }
  /// By place in the segment's `locales`.
  std::size_t live_articles_in(std::size_t locale) const {
    return segment->articles_in_locale[locale] - (tombstones ? tombstones->articles_in_locale[locale] : 0);
  }
  std::uint64_t live_length() const { return segment->length - (tombstones ? tombstones->length : 0); }
  bool is_live(const ArticleRange& article) const {
    return !tombstones || !tombstones->dead.test(article.first);
  }
  /// Live chunks that hold the term.
  std::uint32_t chunks_with(TermId term) const;
};

/// The same view without these articles. They belong to the view's segment; those already dead are ignored.
/// The counts of terms come from analysing the chunks' texts again, which saves a forward index.
SegmentView bury(const SegmentView& view, std::span<const ArticleRange> articles, const Analyze& analyze);

/// All segments with the statistics that scoring needs, exact for what is live. A chunk's ordinal is its slot
/// plus the ordinal at which its segment begins.
class Corpus {
 public:
  using Ordinal = std::uint32_t;

  explicit Corpus(std::vector<SegmentView> views);

  std::span<const SegmentView> views() const { return views_; }
  Ordinal first_ordinal(std::size_t view) const { return firsts_[view]; }
  /// Ordinals in use, those of dead chunks included.
  std::size_t ordinals() const { return ordinals_; }
  std::size_t chunks() const { return chunks_; }
  std::size_t articles() const { return articles_; }
  /// Of the live articles, each once, in order.
  const std::vector<std::string>& locales() const { return locales_; }
  /// The place in locales() of a live article, which belongs to the view's segment.
  std::size_t locale_of(std::size_t view, const ArticleRange& article) const {
    return locale_places_[view][article.locale];
  }
  /// Terms in a live chunk on average; 0 when there is none.
  float average_length() const;

  const std::shared_ptr<const model::Chunk>& chunk(Ordinal ordinal) const;
  /// The order of equal scores: by article key, then by position in the article.
  bool precedes(Ordinal a, Ordinal b) const;

 private:
  void gather_locales();
  std::size_t view_of(Ordinal ordinal) const;
  const model::ArticleKey& key_of(std::size_t view, Ordinal ordinal) const;

  std::vector<SegmentView> views_;
  std::vector<Ordinal> firsts_;
  std::vector<std::string> locales_;
  std::vector<std::vector<std::size_t>> locale_places_;  // by view and place in its segment's `locales`
  std::size_t ordinals_ = 0;
  std::size_t chunks_ = 0;
  std::size_t articles_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace wellspring::index
