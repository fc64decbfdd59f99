#include "sync/retry_policy.hpp"

#include <gtest/gtest.h>

namespace wellspring::sync {
namespace {

using std::chrono::milliseconds;

constexpr RetryOptions kOptions{
    .attempts_max = 6, .backoff_first = milliseconds{100}, .backoff_max = milliseconds{450}};

TEST(RetryPolicy, DoublesUpToTheCapThenGivesUp) {
  const auto wait = [](int attempts) { return retry_after(ErrorKind::kResource, attempts, 0, kOptions); };
  EXPECT_EQ(wait(1), milliseconds{100});
  EXPECT_EQ(wait(2), milliseconds{200});
  EXPECT_EQ(wait(3), milliseconds{400});
  EXPECT_EQ(wait(4), milliseconds{450});
  EXPECT_EQ(wait(5), milliseconds{450});
  EXPECT_EQ(wait(6), std::nullopt);
  EXPECT_EQ(wait(7), std::nullopt);
}

TEST(RetryPolicy, JitterTakesUpToHalf) {
  EXPECT_EQ(retry_after(ErrorKind::kResource, 1, 0.5, kOptions), milliseconds{75});
  EXPECT_GE(retry_after(ErrorKind::kResource, 1, 0.999, kOptions), milliseconds{50});
}

TEST(RetryPolicy, OnlyFaultsOfTheArticleAreFinalAtOnce) {
  for (const ErrorKindInfo& kind : kErrorKinds) {
    const bool final = kind.kind == ErrorKind::kInvalidArgument || kind.kind == ErrorKind::kTooLarge ||
                       kind.kind == ErrorKind::kUnsupported;
    EXPECT_EQ(retry_after(kind.kind, 1, 0, kOptions).has_value(), !final) << kind.name;
  }
}

TEST(RetryPolicy, SurvivesManyAttemptsAndAFirstWaitAboveTheCap) {
  const RetryOptions patient{
      .attempts_max = 1'000'000, .backoff_first = milliseconds{900}, .backoff_max = milliseconds{450}};
  EXPECT_EQ(retry_after(ErrorKind::kUnavailable, 999'999, 0, patient), milliseconds{450});
}

}  // namespace
}  // namespace wellspring::sync
