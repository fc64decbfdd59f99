#include "index/selection.hpp"

#include "index/filter.hpp"

namespace wellspring::index {
namespace {

Bitmap mask_of(const SegmentView& view, const model::Filter& filter) {
  if (!view.tombstones && filter.empty()) return Bitmap();
  const std::size_t chunk_count = view.segment->chunks.size();
  Bitmap mask(chunk_count);
  const Matcher matcher(filter);
  for (std::size_t slot = 0; slot < chunk_count; ++slot) {
    const bool live = !view.tombstones || !view.tombstones->dead.test(slot);
    if (live && (filter.empty() || matcher.matches(view.segment->chunks[slot]->metadata))) mask.set(slot);
  }
  return mask;
}

}  // namespace

Selection::Selection(const Corpus& corpus, const model::Filter& filter) : corpus_(&corpus) {
  masks_.reserve(corpus.views().size());
  for (const SegmentView& view : corpus.views()) masks_.push_back(mask_of(view, filter));
}

}  // namespace wellspring::index
