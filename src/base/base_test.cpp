#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/manual_clock.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "base/utf8.hpp"

namespace wellspring {
namespace {

TEST(ErrorKinds, TableIsInOrderOfTheEnum) {
  for (std::size_t i = 0; i < kErrorKinds.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kErrorKinds[i].kind), i);
    EXPECT_EQ(info(kErrorKinds[i].kind).name, kErrorKinds[i].name);
  }
}

TEST(Result, UncheckedValueThrowsTheError) {
  const Result<int> result = fail(ErrorKind::kTooLarge, "body of 20 MB, allowed 16 MB");
  ASSERT_TRUE(result.has_error());
  try {
    static_cast<void>(result.value());
    FAIL() << "value() of an error must throw";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::kTooLarge);
  }
}

TEST(Timestamp, ReadsWhatACmsSends) {
  EXPECT_EQ(format_timestamp(parse_timestamp("2025-11-16T17:27:37.123Z").value()),
            "2025-11-16T17:27:37.123Z");
  EXPECT_EQ(format_timestamp(parse_timestamp("2025-11-16T17:27:37.123456").value()),
            "2025-11-16T17:27:37.123Z");
  EXPECT_EQ(format_timestamp(parse_timestamp("2025-11-16 17:27:37+02:00").value()), "2025-11-16T15:27:37Z");
  EXPECT_EQ(format_timestamp(parse_timestamp("2025-11-16").value()), "2025-11-16T00:00:00Z");
  EXPECT_EQ(format_timestamp(parse_timestamp("9999-12-31T23:59:59.999Z").value()),
            "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_timestamp(parse_timestamp("+010000-01-01T00:00:00Z").value()), "+010000-01-01T00:00:00Z");
  EXPECT_EQ(format_timestamp(parse_timestamp("1969-12-31T23:59:59.5Z").value()), "1969-12-31T23:59:59.500Z");
}

TEST(Timestamp, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "2025", "2025-13-01", "2025-02-29", "2025-02-30T00:00:00Z", "2025-01-01T25:00:00Z",
        "2025-01-01T00:00:00ZZ", "2025-01-01T00:00:00.Z", "99999-01-01", "yesterday", "2025-01-01T",
        "+99999999-01-01", "2025-01-01T00:00:00+99:00"}) {
    EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
  }
}

TEST(Utf8, TellsWellFormedFromIllFormed) {
  EXPECT_TRUE(is_valid_utf8("plain, \xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x9A\x80"));
  for (const std::string bytes :
       {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(bytes));
    EXPECT_TRUE(is_valid_utf8(sanitize_utf8(bytes)));
  }
  EXPECT_EQ(sanitize_utf8(std::string("a\0b", 3)), "ab");
}

TEST(Utf8, CountsAndCutsBetweenCodePoints) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x9A\x80z";
  EXPECT_EQ(count_code_points(text), 4U);
  EXPECT_EQ(first_code_points(text, 2), "a\xC3\xA9");
  EXPECT_EQ(first_code_points(text, 9), text);
  EXPECT_EQ(complete_prefix(text.substr(0, 5)), 3U);
  EXPECT_EQ(complete_prefix(text), text.size());
  EXPECT_EQ(complete_prefix(""), 0U);
}

TEST(Digest, MatchesTheStandardsExample) {
  // FIPS 180-4, the one-block example.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, HmacIsThatOfAllPieces) {
  const std::string expected = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
  EXPECT_EQ(to_hex(hmac_sha256("key", {"The quick brown fox jumps over the lazy dog"})), expected);
  EXPECT_EQ(to_hex(hmac_sha256("key", {"The quick brown ", "", "fox jumps over the lazy dog"})), expected);
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(Base64, IsRfc4648s) {
  for (const auto& [bytes, text] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foobar", "Zm9vYmFy"},
                                                        {"\xFB\xFF\xFE", "+//+"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(from_base64("Zg"), "f");
  for (const char* odd : {"Z", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", "-_-_", "Zm=v"})
    EXPECT_EQ(from_base64(odd), std::nullopt) << odd;
}

TEST(Deadline, NeverGoesBelowZero) {
  ManualClock clock;
  const Deadline deadline = Deadline::after(clock, std::chrono::milliseconds{10});
  EXPECT_EQ(deadline.left(clock.steady()).count(), 10);
  clock.advance(std::chrono::milliseconds{11});
  EXPECT_EQ(deadline.left(clock.steady()).count(), 0);
}

TEST(StrongId, ComparesByValue) {
  EXPECT_EQ(ArticleId("1"), ArticleId("1"));
  EXPECT_LT(JobId(1), JobId(2));
}

}  // namespace
}  // namespace wellspring
