#include <gtest/gtest.h>

#include "cli/progress.hpp"
#include "cli/sse_lines.hpp"

namespace wellspring::cli {
namespace {

TEST(ProgressLine, ShowsShareRateAndTimeLeft) {
  const std::string line = progress_line("indexing", 25, 100, 5.0, 79);
  EXPECT_NE(line.find(" 25% 25/100  5.0/s  eta 15s"), std::string::npos) << line;
  EXPECT_NE(line.find("[##"), std::string::npos);
  EXPECT_LE(line.size(), 79U);
}

TEST(ProgressLine, SurvivesNothingToDoAndNarrowTerminals) {
  EXPECT_NE(progress_line("x", 0, 0, 0, 79).find("100%"), std::string::npos);
  EXPECT_LE(progress_line("a long label for it", 1, 2, 1, 20).size(), 20U);
}

TEST(SseLines, FindsDataInAnyPieces) {
  const std::string stream = ": ping\n\ndata: {\"a\":1}\n\nevent: x\ndata:{\"no\":1}\ndata: {\"b\":2}\n\n";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    std::vector<std::string> seen;
    SseLines lines([&](std::string_view data) { seen.emplace_back(data); });
    for (std::size_t i = 0; i < stream.size(); i += size)
      lines.feed(std::string_view(stream).substr(i, size));
    EXPECT_EQ(seen, (std::vector<std::string>{"{\"a\":1}", "{\"b\":2}"}));
  }
}

}  // namespace
}  // namespace wellspring::cli
