#include "text/chunker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.hpp"

namespace wellspring::text {
namespace {

/// One token per white-space separated word: additive, and easy to count in a test.
std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    words += !space && !inside;
    inside = !space;
  }
  return words;
}

model::Article article_of(std::string markdown, std::string title = "T") {
  model::Article article;
  article.key.id = ArticleId("a1");
  article.title = std::move(title);
  article.markdown = std::move(markdown);
  return article;
}

std::vector<model::Chunk> chunks_of(const model::Article& article, std::size_t max_tokens = 254) {
  return chunk_article(article, {max_tokens}, count_words).value();
}

std::vector<std::string> texts_of(const model::Article& article, std::size_t max_tokens = 254) {
  std::vector<std::string> texts;
  for (const model::Chunk& chunk : chunks_of(article, max_tokens)) texts.push_back(chunk.text);
  return texts;
}

std::vector<std::string> bodies_of(std::string markdown, std::size_t max_tokens) {
  std::vector<std::string> bodies;
  for (const model::Chunk& chunk : chunks_of(article_of(std::move(markdown), ""), max_tokens)) {
    bodies.push_back(chunk.text.substr(chunk.body_offset));
  }
  return bodies;
}

using Texts = std::vector<std::string>;

TEST(Chunker, KeepsParagraphsUnderOneHeadingTogether) {
  const auto chunks = chunks_of(article_of("para one\n\npara two"));
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].text, "Title: T\n\npara one\n\npara two");
  EXPECT_EQ(chunks[0].body_offset, 10u);
  EXPECT_EQ(chunks[0].metadata.content_length, 18u);
  EXPECT_EQ(chunks[0].metadata.type, model::ChunkType::kText);
}

TEST(Chunker, HeadingsFormAPathAndClearDeeperOnes) {
  EXPECT_EQ(texts_of(article_of("# Top\ntext\n## Sub\nx\n### D\ny\n#### E\nz\n##### F\nw")),
            (Texts{"Title: T\nSection: Top\n\ntext", "Title: T\nSection: Sub\n\nx",
                   "Title: T\nSection: Sub\nSubsection: D\n\ny",
                   "Title: T\nSection: Sub\nSubsection: D\nSub-subsection: E\n\nz\n##### F\nw"}));
  EXPECT_EQ(texts_of(article_of("## A\n### B\nt\n## C\nu")),
            (Texts{"Title: T\nSection: A\nSubsection: B\n\nt", "Title: T\nSection: C\n\nu"}));
  EXPECT_EQ(texts_of(article_of("#### E\nz")), (Texts{"Title: T\nSub-subsection: E\n\nz"}));
}

TEST(Chunker, AnEmptyHeadingEndsTheSectionAndNamesNone) {
  const auto chunks = chunks_of(article_of("## A\nx\n## \ntext"));
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[1].text, "Title: T\n\ntext");
  EXPECT_EQ(chunks[1].metadata.type, model::ChunkType::kText);
  EXPECT_FALSE(chunks[1].metadata.section.has_value());
}

TEST(Chunker, HeadingsAloneGiveATitleSummary) {
  const auto chunks = chunks_of(article_of("# A\n## B\n"));
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].text, "Title: T\n\n# A\n## B");
  EXPECT_EQ(chunks[0].metadata.type, model::ChunkType::kTitleSummary);
  EXPECT_TRUE(chunks[0].metadata.is_title_chunk);
  EXPECT_FALSE(chunks[0].metadata.section.has_value());
}

TEST(Chunker, BlankTextGivesNoChunk) {
  EXPECT_TRUE(texts_of(article_of("")).empty());
  EXPECT_TRUE(texts_of(article_of(" \n\t\r\n\n")).empty());
}

TEST(Chunker, CountsCodePoints) {
  const auto chunks = chunks_of(article_of("## \u00e9\nna\u00efve \U0001F680"));
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].metadata.content_length, 7u);
  EXPECT_EQ(chunks[0].metadata.section, "\u00e9");
}

TEST(Chunker, ATextWithoutAnyHeadingHasNoHeader) {
  const auto chunks = chunks_of(article_of("alone", ""));
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].text, "alone");
  EXPECT_EQ(chunks[0].body_offset, 0u);
}

TEST(Chunker, FillsTheMetadata) {
  model::Article article = article_of("## A\n### B\n#### C\none");
  article.key.locale = "fr";
  article.author = "u1";
  article.categories = {"c1", "c2"};
  article.slug = "s";
  article.source = "import";
  article.extra = {{"tags", "x"}};
  article.published_at = Timestamp{};
  const model::ChunkMetadata metadata = chunks_of(article).at(0).metadata;
  EXPECT_EQ(metadata.article, article.key);
  EXPECT_EQ(metadata.source, "import");
  EXPECT_EQ(metadata.title, "T");
  EXPECT_EQ(metadata.author, "u1");
  EXPECT_EQ(metadata.categories, article.categories);
  EXPECT_EQ(metadata.slug, "s");
  EXPECT_EQ(metadata.published_at, article.published_at);
  EXPECT_EQ(metadata.section, "A");
  EXPECT_EQ(metadata.subsection, "B");
  EXPECT_EQ(metadata.subsubsection, "C");
  EXPECT_EQ(metadata.type, model::ChunkType::kSection);
  EXPECT_EQ(metadata.extra, article.extra);
}

TEST(Chunker, TheTitleRepeatedAsH1OfAnImportIsNoSection) {
  model::Article article = article_of("# My *guide*\nintro\n## A\nx\n# Other\ny", "My guide");
  article.source = "import";
  EXPECT_EQ(texts_of(article), (Texts{"Title: My guide\n\nintro", "Title: My guide\nSection: A\n\nx",
                                      "Title: My guide\nSection: Other\n\ny"}));
  article.source = "payload";
  EXPECT_EQ(texts_of(article).at(0), "Title: My guide\nSection: My guide\n\nintro");
}

TEST(Chunker, HeadersHoldPlainHeadingText) {
  EXPECT_EQ(texts_of(article_of("## **Bold** [link](http://x) `code` ##\nx")),
            (Texts{"Title: T\nSection: Bold link code\n\nx"}));
  EXPECT_EQ(texts_of(article_of("Two\nlines\n---\nx")), (Texts{"Title: T\nSection: Two lines\n\nx"}));
}

TEST(Chunker, HashesThatAreNoHeadingsStayText) {
  EXPECT_EQ(bodies_of("```sh\n# comment\n```\n\n#NoSpace\n\n    ## code\n\n> ## quoted\n\n- ## "
                      "item\n\n<!--\n# hidden\n-->",
                      99)
                .size(),
            1u);
}

TEST(Chunker, NormalisesLineEndsAndRepairsUtf8) {
  EXPECT_EQ(texts_of(article_of("## A\r\none\r\ntwo\rthree")),
            (Texts{"Title: T\nSection: A\n\none\ntwo\nthree"}));
  EXPECT_EQ(bodies_of(std::string("a\0b\xff", 4), 99), (Texts{"ab\xEF\xBF\xBD"}));
}

TEST(Chunker, PacksBlocksUpToTheLimitWithoutAScrapAtTheEnd) {
  EXPECT_EQ(bodies_of("a b c\n\nd e f\n\ng h i\n\nj", 9), (Texts{"a b c\n\nd e f", "g h i\n\nj"}));
}

TEST(Chunker, CutsALongParagraphAtSentences) {
  EXPECT_EQ(bodies_of("One two three. Four five six! Seven eight?", 6),
            (Texts{"One two three. Four five six!", "Seven eight?"}));
}

TEST(Chunker, CutsALongSentenceAtWordsAndALongWordAtCodePoints) {
  EXPECT_EQ(bodies_of("a b c d e", 2), (Texts{"a b", "c d", "e"}));
  const auto bodies = bodies_of(std::string(200, 'x'), 2);  // a token is at most 32 bytes
  std::string joined;
  for (const std::string& body : bodies) {
    EXPECT_LE(body.size(), 64u);
    joined += body;
  }
  EXPECT_EQ(joined, std::string(200, 'x'));
}

TEST(Chunker, CutsCjkBetweenCharacters) {
  const auto count_code_points = [](std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  };
  const auto chunks =
      chunk_article(article_of("\u65e5\u672c\u8a9e\u3002\u6587\u7ae0\u3002", ""), {4}, count_code_points)
          .value();
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].text, "\u65e5\u672c\u8a9e\u3002");
}

TEST(Chunker, KeepsACodeBlockWholeWhenItFitsAlone) {
  EXPECT_EQ(bodies_of("a b c d\n\n```c\nx\n\ny\nz\n```\n\ne", 7),
            (Texts{"a b c d", "```c\nx\n\ny\nz\n```\n\ne"}));
}

TEST(Chunker, CutsALongCodeBlockAtLinesWithFencesOnEachPiece) {
  EXPECT_EQ(bodies_of("~~~c\na b\nc d\ne f\n~~~\nafter", 6),
            (Texts{"~~~c\na b\nc d\n~~~", "~~~c\ne f\n~~~\n\nafter"}));
  EXPECT_EQ(bodies_of("```\na b c\nd e f", 5), (Texts{"```\na b c\n```", "```\nd e f\n```"}));
}

TEST(Chunker, RepeatsTheHeaderOfALongTable) {
  EXPECT_EQ(bodies_of("an intro\n| h | i |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n", 12),
            (Texts{"an intro", "| h | i |\n|---|---|\n| 1 | 2 |", "| h | i |\n|---|---|\n| 3 | 4 |"}));
}

TEST(Chunker, ATableNeedsADelimiterRowOfItsWidth) {
  EXPECT_EQ(bodies_of("a | b\n|---|\n# H\nx", 99).size(), 2u);
  EXPECT_EQ(bodies_of("| a \\| b |\n|---|\n| c |\n\n---\n\nx", 99).size(), 1u);
}

TEST(Chunker, KeepsListItemsWhole) {
  EXPECT_EQ(bodies_of("1. a b c\n   - d e\n2. f g h\n3. i j", 8),
            (Texts{"1. a b c\n   - d e", "2. f g h\n3. i j"}));
}

TEST(Chunker, CutsAnItemThatIsTooLongAtItsParts) {
  EXPECT_EQ(bodies_of("- a b c\n\n  d e f\n\n  ```\n  g\n  ```\n", 4),
            (Texts{"- a b c", "  d e f", "  ```\n  g\n  ```"}));
}

TEST(Chunker, ShortensALongHeaderFromTheTop) {
  std::string title;
  for (int i = 0; i < 100; ++i) title += "word ";
  const auto chunks = chunks_of(article_of("## the section\na b c d e f g h i j", title), 20);
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].text,
            "Title: word word word word word \u2026\nSection: the section\n\na b c d e f g h i j");
  EXPECT_EQ(chunks[0].metadata.title, title);
}

TEST(Chunker, AnEndlessHeadingIsText) {
  const auto chunks = chunks_of(article_of("## " + std::string(5000, 'h') + "\nbody"), 20);
  ASSERT_GT(chunks.size(), 1u);
  EXPECT_FALSE(chunks[0].metadata.section.has_value());
}

TEST(Chunker, RefusesMoreChunksThanAllowed) {
  std::string markdown;
  for (std::size_t i = 0; i <= limits::kChunksPerArticle; ++i) markdown += "# h\nx\n";
  const auto chunks = chunk_article(article_of(markdown), {254}, count_words);
  ASSERT_TRUE(chunks.has_error());
  EXPECT_EQ(chunks.error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(chunks.error().subject, "a1");
}

TEST(Chunker, RefusesMoreLinesThanCanBeParsed) {
  std::string markdown;
  for (std::size_t i = 0; i <= 250'000; ++i) markdown += "-\n";
  EXPECT_EQ(chunk_article(article_of(markdown), {254}, count_words).error().kind, ErrorKind::kTooLarge);
}

TEST(Chunker, ALimitOfNothingStillGivesEveryWord) {
  EXPECT_EQ(bodies_of("a b", 0), (Texts{"a", "b"}));
}

}  // namespace
}  // namespace wellspring::text
