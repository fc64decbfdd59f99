#include "rag/citation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "rag/grapheme_buffer.hpp"

namespace wellspring::rag {
namespace {

std::string filtered(std::string_view text, std::size_t sources, std::size_t size) {
  CitationFilter filter(sources);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size) out += filter.feed(text.substr(at, size));
  return out + filter.finish();
}

struct Case {
  std::string_view text;
  std::string_view expected;
};

TEST(CitationFilter, KeepsOnlyNumbersOfSourcesHoweverTheTextIsCut) {
  const Case cases[] = {
      {"Yes [1].", "Yes [1]."},
      {"Yes [4].", "Yes."},
      {"Yes [0] and [3].", "Yes and [3]."},
      {"Both [1, 3] and [2,9].", "Both [1, 3] and [2]."},
      {"None [7, 8] left", "None left"},
      {"Twice [1][9][2]", "Twice [1][2]"},
      {"Two blanks  [9] gone", "Two blanks gone"},
      {"[x] [ ] [1 2] [1", "[x] [ ] [1 2] [1"},
      {"in [2024] and [12345]", "in [2024] and [12345]"},
      {"a [link](http://x) [", "a [link](http://x) ["},
      {"code `a[9]` stays, [9] goes", "code `a[9]` stays, goes"},
      {"```\nx[9] `\n[8]\n```\nafter [9]", "```\nx[9] `\n[8]\n```\nafter"},
      {"a lone ` tick\n\nthen [9].", "a lone ` tick\n\nthen."},
      {"``a ` [9]`` [9]", "``a ` [9]``"},
      {"caf\xC3\xA9 [9] \xF0\x9F\x9A\x80[2]", "caf\xC3\xA9 \xF0\x9F\x9A\x80[2]"},
      {"trailing blanks   ", "trailing blanks   "},
      {"", ""},
  };
  for (const Case& each : cases) {
    for (std::size_t size = 1; size <= each.text.size() + 1; ++size) {
      EXPECT_EQ(filtered(each.text, 3, size), each.expected) << each.text << " in pieces of " << size;
    }
  }
}

TEST(CitationFilter, HoldsBackNoMoreThanAMarkerCanBe) {
  CitationFilter filter(3);
  std::string out;
  for (int i = 0; i < 1'000; ++i) out += filter.feed(" ");
  EXPECT_GE(out.size(), 900U);
  out = filter.feed("[" + std::string(500, '1'));
  EXPECT_GE(out.size(), 400U);
}

TEST(CitationFilter, TextGoesThroughAtOnce) {
  CitationFilter filter(3);
  EXPECT_EQ(filter.feed("Hello"), "Hello");
  EXPECT_EQ(filter.feed(" [1"), "");
  EXPECT_EQ(filter.feed("] x"), " [1] x");
}

TEST(WithoutCitations, RemovesThemAll) {
  EXPECT_EQ(without_citations("It is [1]. So [2, 3] `a[1]`"), "It is. So `a[1]`");
}

TEST(GraphemeBuffer, NeverSplitsACluster) {
  // e + combining acute, family emoji of three joined by ZWJ, a flag, a skin tone, plain letters.
  const std::vector<std::string> clusters{
      "e\xCC\x81",
      "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7",
      "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",
      "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD",
      "a",
      "b",
      "\xE4\xB8\x80"};
  std::string text;
  for (const auto& cluster : clusters) text += cluster;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    GraphemeBuffer buffer;
    std::string out;
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < text.size(); at += size) {
      out += buffer.feed(std::string_view(text).substr(at, size));
      cuts.push_back(out.size());
    }
    out += buffer.finish();
    EXPECT_EQ(out, text);
    std::vector<std::size_t> allowed{0};
    for (const auto& cluster : clusters) allowed.push_back(allowed.back() + cluster.size());
    for (const std::size_t cut : cuts)
      EXPECT_TRUE(std::ranges::find(allowed, cut) != allowed.end()) << cut << " of " << size;
  }
}

TEST(GraphemeBuffer, IsBoundedAndRepairsWhatIsNoText) {
  GraphemeBuffer endless;
  std::string out = endless.feed("e");
  for (int i = 0; i < 1'000; ++i) out += endless.feed("\xCC\x81");
  EXPECT_GE(out.size(), 1'500U);
  GraphemeBuffer broken;
  out = broken.feed("a\xFFz\xE2\x82");
  out += broken.finish();
  EXPECT_TRUE(is_valid_utf8(out));
  EXPECT_TRUE(out.starts_with("a\xEF\xBF\xBDz")) << out;
}

}  // namespace
}  // namespace wellspring::rag
