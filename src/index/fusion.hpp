#pragma once

#include <cstddef>
#include <limits>
#include <span>

namespace wellspring::index {

/// The lowest and highest score of a stage. Empty (low above high) until something was added.
struct ScoreRange {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();
};

/// Of the scores that are numbers.
ScoreRange range_of(std::span<const float> scores);

/// The range that covers both.
ScoreRange join(const ScoreRange& a, const ScoreRange& b);

/// For scores of which zero means no match: from zero to the highest; empty when nothing matched.
ScoreRange from_zero(const ScoreRange& range);

/// A convex combination of two scores, each first mapped from its range to [0, 1]. When all scores of a stage
/// are the same they are equally good: 1. A stage with an empty range adds nothing. All of it is linear, so
/// that it comes down to:
struct ConvexFusion {
  float bm25_factor = 0;
  float dense_factor = 0;
  float constant = 0;

  float operator()(float bm25, float dense) const {
    return bm25_factor * bm25 + dense_factor * dense + constant;
  }
};

ConvexFusion convex_fusion(const ScoreRange& bm25, const ScoreRange& dense, float bm25_weight);

/// A candidate's place in each stage, from 1; 0 when the stage does not have it. Reciprocal-rank fusion with
/// the constant 60 of Cormack, Clarke and Buettcher (SIGIR 2009).
float fuse_rrf(std::size_t bm25_rank, std::size_t dense_rank);

}  // namespace wellspring::index
