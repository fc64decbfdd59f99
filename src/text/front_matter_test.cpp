#include "text/front_matter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace wellspring::text {
namespace {

using Fields = std::map<std::string, std::string>;

TEST(FrontMatter, ReadsScalarsAndLists) {
  const FrontMatter result =
      read_front_matter(
          "---\ntitle: \"Fees: a guide\"\nid: 007\ntags: [a, b]\nlast_updated: 2025-11-16\n"
          "more:\n  - x\n  - y: z\n  - w\nnested:\n  k: v\nnone:\n---\n# Body\n---\n")
          .value();
  EXPECT_EQ(result.fields, (Fields{{"title", "Fees: a guide"},
                                   {"id", "007"},
                                   {"tags", "a, b"},
                                   {"last_updated", "2025-11-16"},
                                   {"more", "x, w"}}));
  EXPECT_EQ(result.body, "# Body\n---\n");
}

TEST(FrontMatter, TextWithoutABlockIsAllBody) {
  for (const std::string text : {"", "# A\n", "----\na: b\n---\n", "---\nnever closed", "---"}) {
    const FrontMatter result = read_front_matter(text).value();
    EXPECT_EQ(result.body, text);
    EXPECT_TRUE(result.fields.empty());
  }
}

TEST(FrontMatter, AcceptsByteOrderMarkCrlfAndAnEmptyBlock) {
  EXPECT_EQ(read_front_matter("\xEF\xBB\xBF---\r\ntitle: T\r\n---\r\nx").value().fields,
            (Fields{{"title", "T"}}));
  EXPECT_EQ(read_front_matter("---\n---\nx").value().body, "x");
  EXPECT_EQ(read_front_matter("---\na: b\n...\nx").value().body, "x");
}

TEST(FrontMatter, RefusesWhatIsNoMap) {
  for (const char* block :
       {"just words", "- a\n- b", "a: [", "a: b: c", "a: *unknown", "\"open", "a: b\n\t- c"}) {
    const auto result = read_front_matter(fmt::format("---\n{}\n---\nx", block));
    ASSERT_TRUE(result.has_error()) << block;
    EXPECT_EQ(result.error().kind, ErrorKind::kInvalidArgument) << block;
    EXPECT_NE(result.error().message.find("front matter"), std::string::npos);
  }
}

TEST(FrontMatter, BoundsSizeDepthAndAliases) {
  EXPECT_EQ(read_front_matter(fmt::format("---\na: {}\n---\n", std::string(65 << 10, 'x'))).error().kind,
            ErrorKind::kTooLarge);
  EXPECT_TRUE(read_front_matter(fmt::format("---\na: {}\n---\n", std::string(60 << 10, '['))).has_error());
  std::string bomb = "---\na0: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  EXPECT_EQ(read_front_matter(bomb + "---\n").value().fields.at("a59"), "");
}

TEST(FrontMatter, RepairsUtf8) {
  EXPECT_EQ(read_front_matter("---\na: \"b\xff\"\n---\n").value().fields.at("a"), "b\xEF\xBF\xBD");
}

}  // namespace
}  // namespace wellspring::text
