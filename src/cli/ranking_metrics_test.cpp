#include "cli/ranking_metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace wellspring::cli {
namespace {

TEST(RankingMetrics, PerfectRankingScoresOne) {
  const RankingScores scores = score_ranking({"a", "b", "x"}, {{"a", 2}, {"b", 1}});
  EXPECT_DOUBLE_EQ(scores.ndcg10, 1.0);
  EXPECT_DOUBLE_EQ(scores.mrr10, 1.0);
  EXPECT_DOUBLE_EQ(scores.recall5, 1.0);
}

TEST(RankingMetrics, GradesAndRanksCount) {
  const RankingScores scores = score_ranking({"x", "b", "a"}, {{"a", 2}, {"b", 1}, {"c", 0}});
  const double gain = 1 / std::log2(3.0) + 2 / std::log2(4.0);
  const double ideal = 2 / std::log2(2.0) + 1 / std::log2(3.0);
  EXPECT_DOUBLE_EQ(scores.ndcg10, gain / ideal);
  EXPECT_DOUBLE_EQ(scores.mrr10, 0.5);
}

TEST(RankingMetrics, BeyondTheDepthCountsNothing) {
  std::vector<std::string> ranked(10, "x");
  ranked.emplace_back("a");
  const RankingScores scores = score_ranking(ranked, {{"a", 1}});
  EXPECT_EQ(scores.ndcg10, 0);
  EXPECT_EQ(scores.mrr10, 0);
  EXPECT_EQ(scores.recall5, 0);
  EXPECT_DOUBLE_EQ(scores.recall20, 1);
}

TEST(RankingMetrics, NothingFoundOrJudgedIsZero) {
  EXPECT_EQ(score_ranking({}, {{"a", 1}}).ndcg10, 0);
  EXPECT_EQ(score_ranking({"a"}, {}).ndcg10, 0);
  EXPECT_EQ(mean({}).ndcg10, 0);
}

TEST(RankingMetrics, MeanIsOverQueries) {
  RankingScores one;
  one.ndcg10 = 1;
  EXPECT_DOUBLE_EQ(mean({one, {}}).ndcg10, 0.5);
}

}  // namespace
}  // namespace wellspring::cli
