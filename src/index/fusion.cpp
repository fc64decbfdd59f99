#include "index/fusion.hpp"

#include <array>
#include <cmath>

namespace wellspring::index {
namespace {

constexpr float kRrfConstant = 60;

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

float normalise(float score, const ScoreRange& range) {
  if (std::isnan(score) || range.low > range.high) return 0;
  if (score >= range.high) return 1;
  if (score <= range.low) return 0;
  return (score - range.low) / (range.high - range.low);
}

float fuse_convex(float bm25, float dense, float bm25_weight) {
  return bm25_weight * bm25 + (1 - bm25_weight) * dense;
}

float fuse_rrf(std::size_t bm25_rank, std::size_t dense_rank) {
  return reciprocal(bm25_rank) + reciprocal(dense_rank);
}

}  // namespace wellspring::index
