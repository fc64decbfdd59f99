#include "index/fusion.hpp"

#include <array>

namespace wellspring::index {
namespace {

constexpr float kRrfConstant = 60;

struct Line {
  float factor = 0;
  float constant = 0;
};

/// Maps the range to [0, weight].
Line to_unit(const ScoreRange& range, float weight) {
  if (range.low > range.high) return {};
  if (range.low == range.high) return {0, weight};
  const float factor = weight / (range.high - range.low);
  return {factor, -factor * range.low};
}

float reciprocal(std::size_t rank) {
  return rank == 0 ? 0.0F : 1.0F / (kRrfConstant + static_cast<float>(rank));
}

}  // namespace

// Written so that NaN never replaces a number, and with lanes that the compiler turns into vector
// instructions.
ScoreRange range_of(std::span<const float> scores) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> low;
  std::array<float, kLanes> high;
  low.fill(ScoreRange{}.low);
  high.fill(ScoreRange{}.high);
  std::size_t at = 0;
  for (; at + kLanes <= scores.size(); at += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float score = scores[at + lane];
      low[lane] = score < low[lane] ? score : low[lane];
      high[lane] = score > high[lane] ? score : high[lane];
    }
  }
  ScoreRange range;
  for (; at < scores.size(); ++at) range = join(range, {scores[at], scores[at]});
  for (std::size_t lane = 0; lane < kLanes; ++lane) range = join(range, {low[lane], high[lane]});
  return range;
}

ScoreRange join(const ScoreRange& a, const ScoreRange& b) {
  return {b.low < a.low ? b.low : a.low, b.high > a.high ? b.high : a.high};
}

ScoreRange from_zero(const ScoreRange& range) {
  return range.high > 0 ? ScoreRange{0, range.high} : ScoreRange{};
}

ConvexFusion convex_fusion(const ScoreRange& bm25, const ScoreRange& dense, float bm25_weight) {
  const Line bm25_line = to_unit(bm25, bm25_weight);
  const Line dense_line = to_unit(dense, 1 - bm25_weight);
  return {bm25_line.factor, dense_line.factor, bm25_line.constant + dense_line.constant};
}

float fuse_rrf(std::size_t bm25_rank, std::size_t dense_rank) {
  return reciprocal(bm25_rank) + reciprocal(dense_rank);
}

}  // namespace wellspring::index
