#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/bitmap.hpp"
#include "index/corpus.hpp"

/// Which locale of an article a reader is shown, so that no answer holds an article twice.
namespace wellspring::index {

/// The rank of each locale for a reader, 0 for the best, each rank once: first those of the reader's
/// language, the nearest first, then those of the default locale's language, then the others in their order.
std::vector<std::size_t> rank_locales(std::span<const std::string> locales, std::string_view reader,
                                      std::string_view otherwise);

/// Leaves of every article only the locale of the best rank of those that have a chunk in `masks`. `ranks` by
/// place in corpus.locales(); `masks` by segment, none of size 0 but for an empty one, live chunks alone.
/// Costs a look-up for each live article and locale.
void keep_best_locales(const Corpus& corpus, std::span<const std::size_t> ranks, std::span<Bitmap> masks);

}  // namespace wellspring::index
