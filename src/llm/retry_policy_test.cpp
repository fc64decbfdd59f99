#include "llm/retry_policy.hpp"

#include <gtest/gtest.h>

namespace wellspring::llm {
namespace {

using std::chrono::milliseconds;

const Timestamp kNow = parse_timestamp("2025-11-16T17:27:37Z").value();

AttemptFailure busy(std::optional<milliseconds> retry_after = std::nullopt) {
  return {fail(ErrorKind::kOverloaded, "busy"), Retryable::kYes, retry_after};
}

TEST(ClassifyStatus, TellsWhatIsWorthAnotherTry) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 529}) {
    EXPECT_EQ(classify_status(status, "", "", kNow).retryable, Retryable::kYes) << status;
  }
  for (const int status : {201, 301, 400, 401, 403, 404, 413, 422}) {
    const auto failure = classify_status(status, "", "", kNow);
    EXPECT_EQ(failure.retryable, Retryable::kNo) << status;
    EXPECT_EQ(failure.error.kind, ErrorKind::kUpstream) << status;
  }
  EXPECT_EQ(classify_status(429, "", "", kNow).error.kind, ErrorKind::kOverloaded);
  EXPECT_EQ(classify_status(503, "", "", kNow).error.kind, ErrorKind::kUnavailable);
}

TEST(ClassifyStatus, QuotesTheProviderExceptAboutCredentials) {
  EXPECT_NE(classify_status(400, "", "no such option", kNow).error.message.find("no such option"),
            std::string::npos);
  EXPECT_EQ(classify_status(401, "", "key sk-1 is wrong", kNow).error.message.find("sk-1"),
            std::string::npos);
}

TEST(RetryAfter, ReadsSecondsAndDates) {
  EXPECT_EQ(parse_retry_after("2", kNow), milliseconds{2'000});
  EXPECT_EQ(parse_retry_after("0.25", kNow), milliseconds{250});
  EXPECT_EQ(parse_retry_after("Sun, 16 Nov 2025 17:27:40 GMT", kNow), milliseconds{3'000});
  EXPECT_EQ(parse_retry_after("Sun, 16 Nov 2025 17:00:00 GMT", kNow), milliseconds{0});
  EXPECT_EQ(parse_retry_after("1e99", kNow), std::nullopt);
  EXPECT_EQ(parse_retry_after("99999999999999", kNow), std::chrono::hours{24});
  for (const char* text : {"", "-1", "soon", "2 s", "nan", "Sun, 16 Nov 2025"})
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
}

TEST(RetryDelay, BacksOffExponentiallyUpToItsLimit) {
  const RetryPolicy policy{
      .attempts = 9, .backoff_first = milliseconds{100}, .backoff_max = milliseconds{500}};
  const milliseconds left{60'000};
  EXPECT_EQ(retry_delay(policy, 1, busy(), left, 0), milliseconds{50});
  EXPECT_EQ(retry_delay(policy, 2, busy(), left, 0), milliseconds{100});
  EXPECT_EQ(retry_delay(policy, 2, busy(), left, 0.5), milliseconds{150});
  EXPECT_EQ(retry_delay(policy, 8, busy(), left, 0), milliseconds{250});
  EXPECT_EQ(retry_delay(policy, 9, busy(), left, 0), std::nullopt);
}

TEST(RetryDelay, HonoursTheProvidersWishWhenItFits) {
  const RetryPolicy policy{.attempts = 3, .backoff_first = milliseconds{100}};
  EXPECT_EQ(retry_delay(policy, 1, busy(milliseconds{900}), milliseconds{1'000}, 0), milliseconds{900});
  EXPECT_EQ(retry_delay(policy, 1, busy(milliseconds{1'000}), milliseconds{1'000}, 0), std::nullopt);
  EXPECT_EQ(retry_delay(policy, 1, busy(milliseconds{1}), milliseconds{1'000}, 0), milliseconds{50});
}

TEST(RetryDelay, GivesUpOnWhatIsFinal) {
  EXPECT_EQ(
      retry_delay({}, 1, {fail(ErrorKind::kUpstream, "no"), Retryable::kNo, {}}, milliseconds{9'999}, 0),
      std::nullopt);
}

}  // namespace
}  // namespace wellspring::llm
