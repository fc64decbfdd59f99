#include "index/dot.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "index/rows.hpp"

namespace wellspring::index {
namespace {

struct Shape {
  std::size_t dimension;
  std::size_t count;
};

class DotKernels : public ::testing::TestWithParam<Shape> {};

TEST_P(DotKernels, AllAgreeWithDoublePrecision) {
  const auto [dimension, count] = GetParam();
  std::mt19937 random(42);
  std::normal_distribution<float> normal(0, 1.0F / std::sqrt(static_cast<float>(dimension)));
  Rows rows(count, dimension);
  std::vector<std::vector<float>> vectors(count + 1, std::vector<float>(dimension));
  for (auto& vector : vectors) {
    for (float& value : vector) value = normal(random);
  }
  std::vector<float> query = vectors[count];
  query.resize(rows.stride());
  for (std::size_t row = 0; row < count; ++row) rows.assign(row, vectors[row]);

  for (const NamedDotKernel& kernel : dot_kernels()) {
    std::vector<float> scores(count + 1, -7.0F);
    kernel.run(query.data(), rows.row(0), rows.stride(), count, scores.data());
    for (std::size_t row = 0; row < count; ++row) {
      double expected = 0;
      for (std::size_t at = 0; at < dimension; ++at)
        expected += double{to_float(rows.row(row)[at])} * double{vectors[count][at]};
      EXPECT_NEAR(scores[row], expected, 1e-5) << kernel.name << ", row " << row;
    }
    EXPECT_EQ(scores[count], -7.0F) << kernel.name << " wrote past the last row";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, DotKernels,
                         ::testing::Values(Shape{384, 9}, Shape{384, 1}, Shape{384, 0}, Shape{16, 4},
                                           Shape{1, 3}, Shape{17, 7}, Shape{100, 5}, Shape{768, 6}));

TEST(DotKernelList, EndsWithThePortableOne) {
  ASSERT_FALSE(dot_kernels().empty());
  EXPECT_EQ(dot_kernels().back().name, "portable");
}

TEST(HalfTest, EveryFiniteHalfComesBackAsItself) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<Half>(bits);
    if ((half & 0x7C00U) == 0x7C00U) continue;  // infinities and NaN
    ASSERT_EQ(to_half(to_float(half)), half) << bits;
  }
}

TEST(HalfTest, KnownValues) {
  EXPECT_EQ(to_half(0.0F), 0x0000);
  EXPECT_EQ(to_half(-0.0F), 0x8000);
  EXPECT_EQ(to_half(1.0F), 0x3C00);
  EXPECT_EQ(to_half(-2.0F), 0xC000);
  EXPECT_EQ(to_half(65504.0F), 0x7BFF);
  EXPECT_EQ(to_half(1e9F), 0x7BFF);
  EXPECT_EQ(to_half(-1e9F), 0xFBFF);
  EXPECT_EQ(to_half(0x1p-24F), 0x0001) << "the least subnormal";
  EXPECT_EQ(to_half(1 + 0x1p-11F), 0x3C00) << "a tie goes to the even neighbour";
  EXPECT_EQ(to_half(1 + 3 * 0x1p-11F), 0x3C02);
  EXPECT_EQ(to_float(0x3555), 0x1.554p-2F) << "a third";
}

TEST(HalfTest, RoundingKeepsElevenBits) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (int i = 0; i < 100'000; ++i) {
    const float value = uniform(random);
    if (std::abs(value) < 0x1p-14F) continue;
    ASSERT_NEAR(to_float(to_half(value)), value, std::abs(value) * 0x1p-11F);
  }
}

TEST(RowsTest, AVectorThatCannotBeComparedLeavesTheRowZero) {
  Rows rows(3, 3);
  rows.assign(0, std::vector<float>{1, 2});
  rows.assign(1, std::vector<float>{1, 2, 3});
  rows.assign(2, std::vector<float>{1, std::nanf(""), 3});
  EXPECT_EQ(rows.stride(), 32U);
  for (std::size_t at = 0; at < rows.stride(); ++at) {
    EXPECT_EQ(rows.row(0)[at], 0);
    EXPECT_EQ(rows.row(2)[at], 0);
  }
  EXPECT_EQ(rows.row(1)[2], to_half(3));
  EXPECT_EQ(rows.row(1)[3], 0);
}

TEST(RowsTest, ARowIsCopiedAsItIs) {
  Rows from(1, 2);
  from.assign(0, std::vector<float>{0.1F, -0.7F});
  Rows to(2, 2);
  to.assign(1, from, 0);
  EXPECT_EQ(to.row(0)[0], 0);
  EXPECT_EQ(to.row(1)[0], from.row(0)[0]);
  EXPECT_EQ(to.row(1)[1], from.row(0)[1]);
}

}  // namespace
}  // namespace wellspring::index
