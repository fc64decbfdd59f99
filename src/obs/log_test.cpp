#include "obs/log.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <regex>

namespace wellspring::obs {
namespace {

std::string captured(LogLevel level, LogFormat format, const std::function<void(Log&)>& use) {
  testing::internal::CaptureStderr();
  {
    Log log(level, format);
    use(log);
  }
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesTextLines) {
  const std::string out = captured(LogLevel::kInfo, LogFormat::kText, [](Log& log) {
    log.warning("http", "request refused", {{"status", "413"}, {"reason", "body of 20 MB"}});
  });
  const std::regex line(
      R"re(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - http - WARNING - request refused status=413 reason="body of 20 MB"\n)re");
  EXPECT_TRUE(std::regex_match(out, line)) << out;
}

TEST(Log, WritesJsonLines) {
  const std::string out = captured(LogLevel::kInfo, LogFormat::kJson, [](Log& log) {
    log.info("app", "said \"hi\"", {{"path", "a\\b"}});
  });
  const std::regex line(
      R"re(\{"timestamp":"[-0-9T:.]+Z","level":"INFO","logger":"app","message":"said \\"hi\\"","path":"a\\\\b"\}\n)re");
  EXPECT_TRUE(std::regex_match(out, line)) << out;
}

TEST(Log, ALineStaysALineWhateverItCarries) {
  const std::string hostile("x\r\ny\0z\x1b[31m\xFF", 13);
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string out = captured(LogLevel::kInfo, format, [&](Log& log) {
      log.info("http", hostile, {{"value", hostile}});
    });
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
    EXPECT_EQ(out.find('\r'), std::string::npos);
    EXPECT_EQ(out.find('\x1b'), std::string::npos);
    EXPECT_EQ(out.find('\xFF'), std::string::npos);
  }
}

TEST(Log, BelowItsLevelIsSilent) {
  EXPECT_EQ(captured(LogLevel::kWarning, LogFormat::kText,
                     [](Log& log) {
                       log.debug("a", "b");
                       log.info("a", "b");
                     }),
            "");
}

TEST(Log, BracesAreNoFormat) {
  const std::string out =
      captured(LogLevel::kInfo, LogFormat::kText, [](Log& log) { log.info("a", "{} %v {0}"); });
  EXPECT_NE(out.find("{} %v {0}"), std::string::npos);
}

}  // namespace
}  // namespace wellspring::obs
