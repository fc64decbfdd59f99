#include "embed/batch_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace wellspring::embed {
namespace {

using Lengths = std::vector<std::size_t>;

TEST(BatchPlan, MakesNoBatchesOfNoTexts) {
  EXPECT_TRUE(plan_batches({}).empty());
}

TEST(BatchPlan, PutsShortTextsTogetherUpToTheLimit) {
  const auto batches = plan_batches(Lengths(20, 16));
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].texts.size(), 16u);
  EXPECT_EQ(batches[1].texts.size(), 4u);
}

TEST(BatchPlan, RunsLongTextsAlone) {
  for (const Batch& batch : plan_batches(Lengths{256, 256, 300, 200})) EXPECT_EQ(batch.texts.size(), 1u);
}

TEST(BatchPlan, DoesNotPadAShortTextToALongOne) {
  const auto batches = plan_batches(Lengths{64, 8, 60});
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].texts, (Lengths{0, 2}));
  EXPECT_EQ(batches[0].length, 64u);
  EXPECT_EQ(batches[1].texts, (Lengths{1}));
  EXPECT_EQ(batches[1].length, 8u);
}

TEST(BatchPlan, HoldsEachTextOnceAndKeepsItsLimits) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Lengths lengths(random() % 60);
    for (std::size_t& length : lengths) length = 2 + random() % 255;
    Lengths seen;
    for (const Batch& batch : plan_batches(lengths)) {
      EXPECT_TRUE(batch.texts.size() == 1 || batch.texts.size() * batch.length <= 256);
      for (const std::size_t text : batch.texts) {
        EXPECT_LE(lengths[text], batch.length);
        EXPECT_LE(batch.length - lengths[text], batch.length / 8);
        seen.push_back(text);
      }
    }
    std::ranges::sort(seen);
    Lengths expected(lengths.size());
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = i;
    EXPECT_EQ(seen, expected);
  }
}

}  // namespace
}  // namespace wellspring::embed
