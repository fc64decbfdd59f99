#include "index/fusion.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace wellspring::index {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(RangeOf, FindsTheExtremesAtEveryLengthAndPlace) {
  for (std::size_t length = 1; length < 70; ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      std::vector<float> scores(length, 0.5F);
      scores[place] = 2;
      scores[(place + 1) % length] = length > 1 ? -3.0F : 2.0F;
      const ScoreRange range = range_of(scores);
      EXPECT_EQ(range.high, 2.0F) << length << " " << place;
      EXPECT_EQ(range.low, length > 1 ? -3.0F : 2.0F) << length << " " << place;
    }
  }
}

TEST(RangeOf, IgnoresWhatIsNotANumber) {
  std::vector<float> scores(40, kNan);
  EXPECT_GT(range_of(scores).low, range_of(scores).high);
  scores[3] = 1;
  scores[39] = 2;
  EXPECT_EQ(range_of(scores).low, 1.0F);
  EXPECT_EQ(range_of(scores).high, 2.0F);
}

TEST(RangeOf, NothingIsEmpty) {
  const ScoreRange range = range_of({});
  EXPECT_GT(range.low, range.high);
}

TEST(Join, CoversBothAndAcceptsEmptyOnes) {
  const ScoreRange joined = join({-1, 2}, {0, 5});
  EXPECT_EQ(joined.low, -1.0F);
  EXPECT_EQ(joined.high, 5.0F);
  const ScoreRange one = join({}, {3, 4});
  EXPECT_EQ(one.low, 3.0F);
  EXPECT_EQ(one.high, 4.0F);
  EXPECT_GT(join({}, {}).low, join({}, {}).high);
}

TEST(FromZero, IsEmptyWhenNothingMatched) {
  EXPECT_EQ(from_zero({2, 8}).low, 0.0F);
  EXPECT_EQ(from_zero({2, 8}).high, 8.0F);
  EXPECT_GT(from_zero({0, 0}).low, from_zero({0, 0}).high);
  EXPECT_GT(from_zero({}).low, from_zero({}).high);
}

TEST(ConvexFusionTest, MapsEachRangeToItsShare) {
  const ConvexFusion fuse = convex_fusion({0, 8}, {-1, 3}, 0.4F);
  EXPECT_NEAR(fuse(0, -1), 0.0F, 1e-6);
  EXPECT_NEAR(fuse(8, 3), 1.0F, 1e-6);
  EXPECT_NEAR(fuse(8, -1), 0.4F, 1e-6);
  EXPECT_NEAR(fuse(0, 3), 0.6F, 1e-6);
  EXPECT_NEAR(fuse(2, 1), 0.4F * 0.25F + 0.6F * 0.5F, 1e-6);
}

TEST(ConvexFusionTest, WeightsOfOneAndZeroLeaveOneStage) {
  EXPECT_NEAR(convex_fusion({0, 2}, {0, 4}, 1)(1, 4), 0.5F, 1e-6);
  EXPECT_NEAR(convex_fusion({0, 2}, {0, 4}, 0)(2, 1), 0.25F, 1e-6);
}

TEST(ConvexFusionTest, EqualScoresAreEquallyGood) {
  const ConvexFusion fuse = convex_fusion({0, 8}, {0.25F, 0.25F}, 0.4F);
  EXPECT_NEAR(fuse(8, 0.25F), 1.0F, 1e-6);
  EXPECT_NEAR(fuse(0, 0.25F), 0.6F, 1e-6);
}

TEST(ConvexFusionTest, ASingleCandidateIsTheBestOfBothStages) {
  EXPECT_NEAR(convex_fusion(from_zero({3, 3}), {-0.5F, -0.5F}, 0.4F)(3, -0.5F), 1.0F, 1e-6);
}

TEST(ConvexFusionTest, AnEmptyStageAddsNothing) {
  EXPECT_NEAR(convex_fusion({}, {-1, 1}, 0.4F)(0, 1), 0.6F, 1e-6);
  EXPECT_NEAR(convex_fusion({0, 5}, {}, 0.4F)(5, 0), 0.4F, 1e-6);
  EXPECT_EQ(convex_fusion({}, {}, 0.4F)(0, 0), 0.0F);
}

TEST(ConvexFusionTest, AScoreThatIsNoNumberStaysOneSoThatItIsNeverKept) {
  EXPECT_TRUE(std::isnan(convex_fusion({0, 1}, {0, 1}, 0.4F)(0.5F, kNan)));
  EXPECT_TRUE(std::isnan(convex_fusion({0, 1}, {0.5F, 0.5F}, 0.4F)(0.5F, kNan)));
}

TEST(FuseRrf, AddsReciprocalRanksWithConstantSixty) {
  EXPECT_FLOAT_EQ(fuse_rrf(1, 1), 2.0F / 61);
  EXPECT_FLOAT_EQ(fuse_rrf(3, 0), 1.0F / 63);
  EXPECT_FLOAT_EQ(fuse_rrf(0, 7), 1.0F / 67);
  EXPECT_EQ(fuse_rrf(0, 0), 0.0F);
  EXPECT_EQ(fuse_rrf(2, 5), fuse_rrf(5, 2));
}

}  // namespace
}  // namespace wellspring::index
