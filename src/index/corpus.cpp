#include "index/corpus.hpp"

#include <algorithm>

namespace wellspring::index {
namespace {

using TermCount = Tombstones::TermCount;

/// Appends one count for each distinct term of a chunk.
void append_terms(const Segment& segment, Slot slot, const std::string& locale, const Analyze& analyze,
                  std::vector<TermCount>& counts) {
  std::vector<std::string> terms;
  analyze(segment.chunks[slot]->text, locale, terms);
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  for (const std::string& term : terms) {
    const TermId id = segment.postings.terms().find(term);
    if (id != kNoTerm) counts.push_back({id, 1});
  }
}

bool by_term(const TermCount& a, const TermCount& b) {
  return a.term < b.term;
}

/// Adds up neighbours of the same term.
void combine(std::vector<TermCount>& counts) {
  std::size_t kept = 0;
  for (std::size_t at = 1; at < counts.size(); ++at) {
    if (counts[at].term == counts[kept].term) {
      counts[kept].chunks += counts[at].chunks;
    } else {
      counts[++kept] = counts[at];
    }
  }
  if (!counts.empty()) counts.resize(kept + 1);
}

}  // namespace

std::uint32_t Tombstones::chunks_with(TermId term) const {
  const auto found = std::lower_bound(terms.begin(), terms.end(), TermCount{term, 0}, by_term);
  return found != terms.end() && found->term == term ? found->chunks : 0;
}

std::uint32_t SegmentView::chunks_with(TermId term) const {
  const auto all = static_cast<std::uint32_t>(segment->postings.list(term).slots.size());
  return tombstones ? all - tombstones->chunks_with(term) : all;
}

SegmentView bury(const SegmentView& view, std::span<const ArticleRange> articles, const Analyze& analyze) {
  const Segment& segment = *view.segment;
  auto buried =
      view.tombstones ? std::make_shared<Tombstones>(*view.tombstones) : std::make_shared<Tombstones>();
  if (!view.tombstones) {
    buried->dead = Bitmap(segment.chunks.size());
    buried->articles_in_locale.assign(segment.locales.size(), 0);
  }
  std::vector<TermCount> added;
  for (const ArticleRange& article : articles) {
    if (buried->dead.test(article.first)) continue;
    for (Slot slot = article.first; slot < article.first + article.count; ++slot) {
      buried->dead.set(slot);
      buried->length += segment.postings.lengths()[slot];
      append_terms(segment, slot, article.key.locale, analyze, added);
    }
    buried->chunks += article.count;
    ++buried->articles;
    ++buried->articles_in_locale[article.locale];
  }
  std::sort(added.begin(), added.end(), by_term);
  const auto old_count = static_cast<std::ptrdiff_t>(buried->terms.size());
  buried->terms.insert(buried->terms.end(), added.begin(), added.end());
  std::inplace_merge(buried->terms.begin(), buried->terms.begin() + old_count, buried->terms.end(), by_term);
  combine(buried->terms);
  return {view.segment, std::move(buried)};
}

Corpus::Corpus(std::vector<SegmentView> views) : views_(std::move(views)) {
  firsts_.reserve(views_.size());
  for (const SegmentView& view : views_) {
    firsts_.push_back(static_cast<Ordinal>(ordinals_));
    ordinals_ += view.segment->chunks.size();
    chunks_ += view.live_chunks();
    articles_ += view.live_articles();
    length_ += view.live_length();
  }
  gather_locales();
}

void Corpus::gather_locales() {
  for (const SegmentView& view : views_) {
    for (std::size_t at = 0; at < view.segment->locales.size(); ++at) {
      if (view.live_articles_in(at) > 0) locales_.push_back(view.segment->locales[at]);
    }
  }
  std::sort(locales_.begin(), locales_.end());
  locales_.erase(std::unique(locales_.begin(), locales_.end()), locales_.end());
  locale_places_.reserve(views_.size());
  for (const SegmentView& view : views_) {
    std::vector<std::size_t>& places = locale_places_.emplace_back();
    for (const std::string& locale : view.segment->locales) {
      const auto place = std::lower_bound(locales_.begin(), locales_.end(), locale);
      places.push_back(static_cast<std::size_t>(place - locales_.begin()));
    }
  }
}

float Corpus::average_length() const {
  return chunks_ == 0 ? 0.0F
                      : static_cast<float>(static_cast<double>(length_) / static_cast<double>(chunks_));
}

std::size_t Corpus::view_of(Ordinal ordinal) const {
  const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), ordinal);
  return static_cast<std::size_t>(after - firsts_.begin()) - 1;
}

const model::ArticleKey& Corpus::key_of(std::size_t view, Ordinal ordinal) const {
  return views_[view].segment->article_of(ordinal - firsts_[view]).key;
}

const std::shared_ptr<const model::Chunk>& Corpus::chunk(Ordinal ordinal) const {
  const std::size_t view = view_of(ordinal);
  return views_[view].segment->chunks[ordinal - firsts_[view]];
}

bool Corpus::precedes(Ordinal a, Ordinal b) const {
  const std::size_t view_a = view_of(a);
  const std::size_t view_b = view_of(b);
  return view_a == view_b ? a < b : key_of(view_a, a) < key_of(view_b, b);
}

}  // namespace wellspring::index
