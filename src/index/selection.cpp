#include "index/selection.hpp"

#include "index/filter.hpp"
#include "index/locale_choice.hpp"

namespace wellspring::index {
namespace {

/// Of size 0 for everything, unless `always` one bit a chunk is wanted.
Bitmap mask_of(const SegmentView& view, const model::Filter& filter, bool always) {
  const std::size_t chunk_count = view.segment->chunks.size();
  if (!view.tombstones && filter.empty()) return always ? Bitmap(chunk_count, true) : Bitmap();
  Bitmap mask(chunk_count);
  const Matcher matcher(filter);
  for (std::size_t slot = 0; slot < chunk_count; ++slot) {
    const bool live = !view.tombstones || !view.tombstones->dead.test(slot);
    if (live && (filter.empty() || matcher.matches(view.segment->chunks[slot]->metadata))) mask.set(slot);
  }
  return mask;
}

}  // namespace

Selection::Selection(const Corpus& corpus, const model::Query& query, std::string_view default_locale)
    : corpus_(&corpus) {
  const bool choose = corpus.locales().size() > 1;
  masks_.reserve(corpus.views().size());
  for (const SegmentView& view : corpus.views()) masks_.push_back(mask_of(view, query.filter, choose));
  if (choose) keep_best_locales(corpus, rank_locales(corpus.locales(), query.locale, default_locale), masks_);
}

}  // namespace wellspring::index
