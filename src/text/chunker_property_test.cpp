#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "text/chunker.hpp"

namespace wellspring::text {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    words += !is_space(text[i]) && (i == 0 || is_space(text[i - 1]));
  return words;
}

std::string visible(std::string_view text) {
  std::string characters;
  std::copy_if(text.begin(), text.end(), std::back_inserter(characters), [](char c) { return !is_space(c); });
  return characters;
}

bool is_subsequence(std::string_view part, std::string_view whole) {
  std::size_t i = 0;
  for (const char c : whole) i += i < part.size() && part[i] == c;
  return i == part.size();
}

/// A random article whose words name the section they are in ("s3w17"), and what must hold of its chunks.
class RandomArticle {
 public:
  explicit RandomArticle(unsigned seed) : random_(seed) {
    article_.key.id = ArticleId("a1");
    article_.title = "The title";
    const std::size_t blocks = 1 + pick(40);
    for (std::size_t i = 0; i < blocks; ++i) add_block();
  }

  const model::Article& article() const { return article_; }
  const std::string& body() const { return body_; }
  const std::vector<std::string>& frames() const { return frames_; }

 private:
  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  std::string words(std::size_t count) {
    static constexpr const char* kEnds[] = {"",       "",       "",   "",  ".", ",",  "!",
                                            "\u3002", "\u00e9", "**", "_", "`", "[x]"};
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) text += pick(12) == 0 ? "\n" : " ";
      text += fmt::format("s{}w{}{}", section_, i, kEnds[pick(std::size(kEnds))]);
    }
    return text;
  }

  std::string line() {
    std::string text = words(1 + pick(9));
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  void add(const std::string& block) {
    article_.markdown += block + "\n\n";
    body_ += block + "\n\n";
  }

  void add_block() {
    switch (pick(7)) {
      case 0:
        ++section_;
        article_.markdown += fmt::format("{} h{}\n", std::string(1 + pick(4), '#'), section_);
        break;
      case 1:
        return add_frame(code());
      case 2:
        return add_frame(table());
      case 3:
        return add(list());
      case 4:
        return add(fmt::format("> {}\n>\n> {}", line(), line()));
      default:
        return add(words(1 + pick(60)));
    }
  }

  void add_frame(const std::string& block) {
    frames_.push_back(block);
    add(block);
  }

  std::string code() {
    std::string block = "```lua\n";
    for (std::size_t i = 1 + pick(12); i > 0; --i)
      block += fmt::format("{} {}\n", pick(3) == 0 ? "#" : " ", line());
    return block + "```";
  }

  std::string table() {
    std::string block = "| a | b |\n|---|:-:|";
    for (std::size_t i = 1 + pick(12); i > 0; --i) block += fmt::format("\n| {} | {} |", line(), line());
    return block;
  }

  std::string list() {
    std::string block;
    for (std::size_t i = 1 + pick(8); i > 0; --i) {
      block += fmt::format("{}- {}", block.empty() ? "" : "\n", line());
      for (std::size_t nested = pick(3); nested > 0; --nested) block += fmt::format("\n  1. {}", line());
    }
    return block;
  }

  std::mt19937 random_;
  model::Article article_;
  std::string body_;
  std::vector<std::string> frames_;
  std::size_t section_ = 0;
};

/// The section numbers named by the words of a body.
std::vector<std::string> sections_in(std::string_view body) {
  std::vector<std::string> sections;
  for (std::size_t i = body.find('s'); i != std::string_view::npos; i = body.find('s', i + 1)) {
    const std::size_t end = body.find_first_not_of("0123456789", i + 1);
    if (end == std::string_view::npos || body[end] != 'w' || end == i + 1) continue;
    sections.emplace_back(body.substr(i + 1, end - i - 1));
  }
  std::sort(sections.begin(), sections.end());
  sections.erase(std::unique(sections.begin(), sections.end()), sections.end());
  return sections;
}

void check(unsigned seed, std::size_t limit) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", limit " + std::to_string(limit));
  const RandomArticle random(seed);
  const auto chunks = chunk_article(random.article(), {limit}, count_words).value();
  std::string bodies;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const std::string body = chunks[i].text.substr(chunks[i].body_offset);
    EXPECT_EQ(chunks[i].metadata.index, i);
    EXPECT_LE(count_words(chunks[i].text), limit) << chunks[i].text;
    EXPECT_LE(sections_in(body).size(), 1u) << body;
    EXPECT_FALSE(visible(body).empty());
    bodies += body + "\n";
  }
  EXPECT_TRUE(is_subsequence(visible(random.body()), visible(bodies)));
  for (const std::string& frame : random.frames()) {
    const bool must_be_whole = count_words(frame) <= limit / 2;
    EXPECT_TRUE(!must_be_whole || bodies.find(frame) != std::string::npos) << frame;
  }
}

TEST(ChunkerProperties, HoldForRandomArticles) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    for (const std::size_t limit : {12u, 40u, 254u}) check(seed, limit);
    if (HasFailure()) break;
  }
}

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + part.size());
  while (text.size() < bytes) text += part;
  return text;
}

std::string staircase(std::size_t depth, std::string_view step) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += std::string(2 * i, ' ') + std::string(step) + "\n";
  return text;
}

struct Bomb {
  const char* name;
  std::string markdown;
};

std::vector<Bomb> bombs() {
  constexpr std::size_t kSize = 1u << 20;
  const std::string wide_row = repeated("|a", 4096) + "\n" + repeated("|-", 4096) + "\n";
  return {
      {"one word", std::string(kSize, 'x')},
      {"one line of words", repeated("word ", kSize)},
      {"one line of sentences", repeated("A b. ", kSize)},
      {"one line of Han characters", repeated("\u6587", kSize)},
      {"white space inside a word", "a" + std::string(kSize, ' ') + "b"},
      {"blank lines", std::string(kSize, '\n') + "a"},
      {"quotes on one line", repeated("> ", kSize) + "a"},
      {"quotes without spaces", std::string(kSize, '>') + "a\n" + std::string(kSize / 2, '\n')},
      {"lists on one line and blank lines", repeated("- ", kSize / 2) + "a" + std::string(kSize / 2, '\n')},
      {"staircase of lists and blank lines", staircase(700, "- a") + std::string(kSize / 2, '\n')},
      {"staircase of quotes", staircase(700, "> a")},
      {"open brackets", repeated("[", kSize)},
      {"links", repeated("[a](b", kSize)},
      {"images", repeated("![[]()", kSize)},
      {"emphasis", repeated("*a_ ", kSize) + repeated("**x _y", kSize)},
      {"code spans", repeated("`a``b", kSize)},
      {"angle brackets", repeated("<", kSize) + repeated("<a b='", kSize)},
      {"processing instructions", repeated("a <?", kSize)},
      {"lazy processing instructions", "a\n" + repeated("    <?\n", kSize)},
      {"declarations", repeated("a <!A", kSize)},
      {"comments", "> <!--\n" + repeated("a <!-- \n", kSize)},
      {"reference definitions", repeated("[a]: b\n", kSize) + repeated("[a] ", kSize)},
      {"entities", repeated("&a", kSize)},
      {"autolinks", repeated("www.a@b:", kSize)},
      {"wide table with short rows", wide_row + repeated("|\n", kSize / 8)},
      {"delimiter rows", repeated("|a|\n|-|\n", kSize)},
      {"delimiter rows of other widths", repeated("|a|\n|-|-|\n", kSize)},
      {"fences", repeated("```\n", kSize / 4)},
      {"open fence", "```x\n" + repeated("a\n", kSize / 4)},
      {"thousand headings", repeated("# h\n", 4000)},
      {"heading of one megabyte", "# " + repeated("h ", kSize)},
      {"setext heading of many lines", repeated("a *b\n", kSize / 4) + "===\nx"},
      {"NUL", std::string(kSize, '\0') + "a"},
      {"invalid UTF-8", std::string(kSize, '\xff')}};
}

/// Bounds the work by what the counter is asked, not by time.
TEST(ChunkerBombs, CostWorkInProportionToTheirSize) {
  for (const Bomb& bomb : bombs()) {
    SCOPED_TRACE(bomb.name);
    std::size_t calls = 0;
    std::size_t bytes = 0;
    const auto count = [&](std::string_view text) {
      ++calls;
      bytes += text.size();
      return count_words(text);
    };
    model::Article article;
    article.title = repeated("title ", 4096);
    article.markdown = bomb.markdown;
    const auto chunks = chunk_article(article, {254}, count);
    EXPECT_LE(bytes, 24 * bomb.markdown.size() + (64u << 10));
    EXPECT_LE(calls, 2 * bomb.markdown.size() + 1024);
    if (chunks.has_error()) {
      EXPECT_EQ(chunks.error().kind, ErrorKind::kTooLarge);
      continue;
    }
    for (const model::Chunk& chunk : *chunks) ASSERT_LE(chunk.text.size(), 254u * 32 + 64);
  }
}

}  // namespace
}  // namespace wellspring::text
