#include "llm/excerpts.hpp"

#include <gtest/gtest.h>

namespace wellspring::llm {
namespace {

using Sentences = std::vector<std::string>;

TEST(SplitSentences, EndsAtFullStopsThatEndSomething) {
  EXPECT_EQ(split_sentences("It is quick. It takes 0.3 s on v1.2! Does it? Yes... Really."),
            (Sentences{"It is quick.", "It takes 0.3 s on v1.2!", "Does it?", "Yes...", "Really."}));
  EXPECT_EQ(split_sentences("Ask Dr. Who, e.g. J. Smith vs. Jones. See fig. 3."),
            (Sentences{"Ask Dr. Who, e.g. J. Smith vs. Jones.", "See fig. 3."}));
  EXPECT_EQ(split_sentences("He said \"stop.\" Then (really.) **Bold.** End"),
            (Sentences{"He said \"stop.\"", "Then (really.)", "**Bold.**", "End"}));
  EXPECT_EQ(split_sentences("Run `make. Now` first. Done."), (Sentences{"Run `make. Now` first.", "Done."}));
  EXPECT_EQ(split_sentences("一つ。二つ！三"), (Sentences{"一つ。", "二つ！", "三"}));
  EXPECT_EQ(split_sentences(" \n "), Sentences{});
}

Sentences texts(std::string_view markdown) {
  Sentences all;
  for (const Excerpt& excerpt : split_excerpts(markdown)) {
    const std::string kind = excerpt.kind == Excerpt::Kind::kBlock ? "block" : "text";
    all.push_back(kind + (excerpt.lead.empty() ? "" : "(" + excerpt.lead + ")") + ": " + excerpt.text);
  }
  return all;
}

TEST(SplitExcerpts, JoinsLinesOfAParagraphAndDropsHeadings) {
  EXPECT_EQ(texts("## Setup\nOne line\ngoes on. Two.\n\n---\n> quoted\n> text\n\n# End #"),
            (Sentences{"text: One line goes on.", "text: Two.", "text: quoted text"}));
}

TEST(SplitExcerpts, KeepsShortBlocksWholeWithTheirLead) {
  EXPECT_EQ(texts("Start it. Run this:\n\n```sh\nmake run # . Not a sentence\n\n```\nAfter."),
            (Sentences{"text: Start it.", "block(Run this:): ```sh\nmake run # . Not a sentence\n\n```",
                       "text: After."}));
  EXPECT_EQ(texts("- one\n- two\n  more\n\n  par\n\nText."),
            (Sentences{"block: - one\n- two\n  more\n\n  par", "text: Text."}));
  EXPECT_EQ(texts("Limits:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd."),
            (Sentences{"block(Limits:): | a | b |\n|---|---|\n| 1 | 2 |", "text: End."}));
}

TEST(SplitExcerpts, ClosesACodeBlockThatTheChunkCut) {
  EXPECT_EQ(texts("~~~\ncode"), (Sentences{"block: ~~~\ncode\n~~~"}));
  EXPECT_EQ(texts("```"), (Sentences{"block: ```\n```"}));
}

TEST(SplitExcerpts, GivesLongBlocksInParts) {
  std::string list = "Steps:\n";
  std::string table = "| k | v |\n|---|---|\n";
  std::string code = "```\n";
  for (int i = 0; i < 20; ++i) {
    list += std::to_string(i) + ". Do thing number " + std::to_string(i) + ".\n";
    table += "| k" + std::to_string(i) + " | v |\n";
    code += "line\n";
  }
  const auto items = texts(list);
  ASSERT_EQ(items.size(), 21U);
  EXPECT_EQ(items[1], "text: Do thing number 0.");
  const auto rows = texts(table);
  ASSERT_EQ(rows.size(), 20U);
  EXPECT_EQ(rows[7], "block: | k | v |\n|---|---|\n| k7 | v |");
  EXPECT_EQ(texts(code + "```\nEnd."), (Sentences{"text: End."}));
}

TEST(SplitExcerpts, SurvivesOddInput) {
  for (const char* odd : {"", "\n\n", "|", "|-|", "-", "- ", "#", "###### ", "1.", "> > >", "`", "a\r\n\r\nb",
                          "\xFF\xFE. \xC3"}) {
    EXPECT_LE(split_excerpts(odd).size(), 2U) << odd;
  }
}

}  // namespace
}  // namespace wellspring::llm
