#include "mongo/sizing.hpp"

#include <gtest/gtest.h>

namespace wellspring::mongo {
namespace {

using Seconds = std::chrono::duration<double>;

const PoolOptions kOptions{.name = "app", .min_size = 5, .max_size = 50};

/// Seconds by level.
PoolUsage used(const std::vector<std::pair<std::size_t, double>>& levels, std::uint64_t acquired = 10'000) {
  PoolUsage usage{.time_in_use = std::vector<Seconds>(kOptions.max_size + 1), .acquired = acquired};
  for (const auto& [level, seconds] : levels) usage.time_in_use[level] = Seconds{seconds};
  return usage;
}

TEST(SizeAdvice, TooLittleUseChangesNothing) {
  for (const PoolUsage& usage : {PoolUsage{}, used({{0, 599}}), used({{0, 10'000}}, 999)}) {
    const SizeAdvice advice = advise_sizes(kOptions, usage);
    EXPECT_EQ(advice.min_size, 5U);
    EXPECT_EQ(advice.max_size, 50U);
    EXPECT_NE(advice.why.find("too few"), std::string::npos);
  }
}

TEST(SizeAdvice, CoversTheBusyTimeAndLeavesHalfAgainAboveThePeak) {
  const SizeAdvice advice = advise_sizes(kOptions, used({{0, 9'000}, {1, 500}, {2, 460}, {8, 40}}));
  EXPECT_EQ(advice.min_size, 2U);
  EXPECT_EQ(advice.max_size, 12U);
  EXPECT_NE(advice.why.find("2 were in use for 95 % of the busy time and 8 at the peak"), std::string::npos)
      << advice.why;
}

TEST(SizeAdvice, APoolNobodyUsesKeepsOne) {
  const SizeAdvice advice = advise_sizes(kOptions, used({{0, 9'000}}));
  EXPECT_EQ(advice.min_size, 1U);
  EXPECT_GT(advice.max_size, advice.min_size);
}

TEST(SizeAdvice, WaitingAtTheMaximumAsksForMore) {
  PoolUsage usage = used({{0, 100}, {50, 900}});
  usage.waited = 101;
  EXPECT_EQ(advise_sizes(kOptions, usage).max_size, 75U);
  usage.waited = 100;
  EXPECT_EQ(advise_sizes(kOptions, usage).max_size, 75U) << "half again above the peak";
  usage.time_in_use[50] = Seconds{0};
  usage.time_in_use[20] = Seconds{900};
  usage.waited = 9'000;
  EXPECT_EQ(advise_sizes(kOptions, usage).max_size, 30U) << "they waited for handshakes, not for the maximum";
}

TEST(SizeAdvice, ATimeoutAsksForMoreWhateverTheLevels) {
  PoolUsage usage = used({{0, 1'000}, {3, 10}});
  usage.timed_out = 1;
  const SizeAdvice advice = advise_sizes(kOptions, usage);
  EXPECT_EQ(advice.max_size, 75U);
  EXPECT_NE(advice.why.find("too small"), std::string::npos);
}

}  // namespace
}  // namespace wellspring::mongo
