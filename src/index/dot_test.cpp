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
  Rows query(1, dimension);
  Rows rows(count, dimension);
  std::vector<std::vector<float>> vectors(count + 1, std::vector<float>(dimension));
  for (auto& vector : vectors) {
    for (float& value : vector) value = normal(random);
  }
  query.assign(0, vectors[count]);
  for (std::size_t row = 0; row < count; ++row) rows.assign(row, vectors[row]);

  for (const NamedDotKernel& kernel : dot_kernels()) {
    std::vector<float> scores(count + 1, -7.0F);
    kernel.run(query.row(0), rows.row(0), rows.stride(), count, scores.data());
    for (std::size_t row = 0; row < count; ++row) {
      double expected = 0;
      for (std::size_t at = 0; at < dimension; ++at)
        expected += double{vectors[row][at]} * double{vectors[count][at]};
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

TEST(RowsTest, AVectorOfAnotherLengthLeavesTheRowZero) {
  Rows rows(2, 3);
  rows.assign(0, std::vector<float>{1, 2});
  rows.assign(1, std::vector<float>{1, 2, 3});
  EXPECT_EQ(rows.stride(), 16U);
  for (std::size_t at = 0; at < rows.stride(); ++at) EXPECT_EQ(rows.row(0)[at], 0.0F);
  EXPECT_EQ(rows.row(1)[2], 3.0F);
  EXPECT_EQ(rows.row(1)[3], 0.0F);
}

}  // namespace
}  // namespace wellspring::index
