#pragma once

#include <span>
#include <string>

#include "index/corpus.hpp"
#include "index/index.hpp"
#include "index/selection.hpp"

namespace wellspring::index {

/// Adds the BM25 score of every chunk to `scores` (by ordinal, all zero before; dead chunks get scores too).
/// A term that the query repeats counts as often. The inverse document frequency is Lucene's, ln(1 + (N - df
/// + 0.5) / (df + 0.5)), which is never negative: a chunk matches when its score is above zero.
void score_bm25(const Corpus& corpus, std::span<const std::string> query_terms, const IndexOptions& options,
                std::span<float> scores);

/// Writes the dot product of the query with each selected chunk's vector to `scores` (by ordinal). The query
/// has the index's dimension.
void score_dense(const Corpus& corpus, std::span<const float> query, const Selection& selection,
                 std::span<float> scores);

}  // namespace wellspring::index
