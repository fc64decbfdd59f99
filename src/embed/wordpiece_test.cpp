#include "embed/wordpiece.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <optional>
#include <sstream>

#include "embed/model_folder_for_test.hpp"

namespace wellspring::embed {
namespace {

namespace json = boost::json;
using Ids = std::vector<std::int32_t>;

constexpr std::size_t kNoLimit = 1 << 20;

/// A tokenizer of nine pieces whose parts can be changed before it is read.
json::object small_tokenizer() {
  return json::parse(R"({
    "added_tokens": [
      {"id": 1, "content": "[CLS]", "single_word": false, "normalized": false},
      {"id": 2, "content": "[SEP]", "single_word": false, "normalized": false}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "[SEP]"}}],
      "special_tokens": {"[CLS]": {"ids": [1]}, "[SEP]": {"ids": [2]}}},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 5,
              "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "pub": 3, "##lish": 4, "##li": 5, "Pub": 6, "e": 7,
                        "\u00e9": 8, "\u4e2d\u6587": 9}}})")
      .as_object();
}

WordPiece made(const json::object& file) {
  return WordPiece::parse(json::serialize(file)).value();
}

Ids pieces_of(const WordPiece& tokenizer, std::string_view text) {
  Ids ids = tokenizer.encode(text, kNoLimit);
  return {ids.begin() + 1, ids.end() - 1};
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string utf8(char32_t c) {
  std::string out;
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
  return out;
}

class PinnedWordPiece : public testing::Test {
 protected:
  void SetUp() override {
    WELLSPRING_NEEDS_MODEL_FILE("tokenizer.json");
    tokenizer_.emplace(WordPiece::parse(read_whole(pinned_model_folder() / "tokenizer.json")).value());
  }
  std::optional<WordPiece> tokenizer_;
};

TEST_F(PinnedWordPiece, GivesTheIdsOfTheReferenceForEveryVector) {
  std::istringstream lines(read_whole(test_data("wordpiece_vectors.jsonl")));
  std::size_t vectors = 0;
  for (std::string line; std::getline(lines, line); ++vectors) {
    const json::object vector = json::parse(line).as_object();
    const json::value* hex = vector.if_contains("hex");
    const std::string text =
        hex != nullptr ? from_hex(hex->as_string()) : json::value_to<std::string>(vector.at("text"));
    const auto expected = json::value_to<Ids>(vector.at("ids"));
    ASSERT_EQ(pieces_of(*tokenizer_, text), expected) << line;
    ASSERT_EQ(tokenizer_->count(text), expected.size()) << line;
  }
  EXPECT_GT(vectors, 3000u);
}

TEST_F(PinnedWordPiece, GivesTheIdsOfTheReferenceForEveryCodePoint) {
  std::istringstream lines(read_whole(test_data("wordpiece_code_points.txt")));
  std::size_t code_points = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    fields >> std::hex >> first >> last >> std::dec;
    const Ids expected{std::istream_iterator<std::int32_t>(fields), {}};
    for (char32_t c = first; c <= last; ++c, ++code_points) {
      const std::string text = std::string("a").append(utf8(c)).append("b");
      ASSERT_EQ(pieces_of(*tokenizer_, text), expected) << "U+" << std::hex << std::uint32_t{c};
    }
  }
  EXPECT_EQ(code_points, 0x110000u - 0x800u);
}

TEST_F(PinnedWordPiece, CutsAtTheWindowAndKeepsTheSpecialPieces) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "published ";
  const Ids ids = tokenizer_->encode(text, 256);
  EXPECT_EQ(ids.size(), 256u);
  EXPECT_EQ(ids.front(), 101);
  EXPECT_EQ(ids.back(), 102);
  EXPECT_EQ(tokenizer_->count(text), 1000u);
}

TEST_F(PinnedWordPiece, CutsInsideAWordWhereTheReferenceDoes) {
  const Ids whole = tokenizer_->encode("supercalifragilistic", kNoLimit);
  ASSERT_GT(whole.size(), 6u);
  Ids expected(whole.begin(), whole.begin() + 4);
  expected.push_back(102);
  EXPECT_EQ(tokenizer_->encode("supercalifragilistic", 5), expected);
}

TEST_F(PinnedWordPiece, TakesOneVeryLongWordAsUnknown) {
  EXPECT_EQ(pieces_of(*tokenizer_, std::string(10'000'000, 'a')), Ids{100});
}

TEST(WordPiece, SplitsGreedilyAndFallsBackToUnknownForTheWholeWord) {
  const WordPiece tokenizer = made(small_tokenizer());
  EXPECT_EQ(pieces_of(tokenizer, "pub"), Ids({3}));
  EXPECT_EQ(pieces_of(tokenizer, "publi"), Ids({3, 5}));
  EXPECT_EQ(pieces_of(tokenizer, "publx pub"), Ids({0, 3}));
  EXPECT_EQ(pieces_of(tokenizer, "publish"), Ids({0})) << "seven characters, five allowed";
}

TEST(WordPiece, LeavesCaseAndAccentsWhenTheFileSaysSo) {
  json::object file = small_tokenizer();
  EXPECT_EQ(pieces_of(made(file), "Pub \u00e9"), Ids({3, 7}));
  file["normalizer"].as_object()["strip_accents"] = false;
  EXPECT_EQ(pieces_of(made(file), "Pub \u00c9"), Ids({3, 8}));
  file["normalizer"].as_object()["lowercase"] = false;
  EXPECT_EQ(pieces_of(made(file), "Pub \u00e9"), Ids({6, 8}));
}

TEST(WordPiece, LeavesControlsAndIdeographsWhenTheFileSaysSo) {
  json::object file = small_tokenizer();
  EXPECT_EQ(pieces_of(made(file), "p\x01ub\u4e2d\u6587"), Ids({3, 0, 0}));
  file["normalizer"].as_object()["clean_text"] = false;
  EXPECT_EQ(pieces_of(made(file), "p\x01ub"), Ids({0}));
  EXPECT_EQ(pieces_of(made(file),
                      "pub\x0b"
                      "e\u0085"
                      "e"),
            Ids({3, 7, 7}));
  file["normalizer"].as_object()["handle_chinese_chars"] = false;
  EXPECT_EQ(pieces_of(made(file), "\u4e2d\u6587"), Ids({9}));
}

TEST(WordPiece, AcceptsTheOlderPostProcessor) {
  json::object file = small_tokenizer();
  file["post_processor"] =
      json::parse(R"({"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]})");
  EXPECT_EQ(made(file).encode("e", 8), Ids({1, 7, 2}));
}

TEST(WordPiece, GivesTheSpecialPiecesAloneWhenNothingElseFits) {
  const WordPiece tokenizer = made(small_tokenizer());
  EXPECT_EQ(tokenizer.encode("pub", 2), Ids({1, 2}));
  EXPECT_EQ(tokenizer.encode("pub", 0), Ids({1, 2}));
  EXPECT_EQ(tokenizer.encode("", 8), Ids({1, 2}));
}

TEST(WordPiece, RefusesOtherKindsOfTokenizerByName) {
  json::object file = small_tokenizer();
  file["model"].as_object()["type"] = "Unigram";
  const auto result = WordPiece::parse(json::serialize(file));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(result.error().message.find("model is 'Unigram', not 'WordPiece'"), std::string::npos);
}

TEST(WordPiece, RefusesAddedTokensItCannotMatch) {
  json::object file = small_tokenizer();
  file["added_tokens"].as_array()[0].as_object()["normalized"] = true;
  EXPECT_EQ(WordPiece::parse(json::serialize(file)).error().kind, ErrorKind::kUnsupported);
}

TEST(WordPiece, CallsADamagedFileCorrupt) {
  json::object without_vocabulary = small_tokenizer();
  without_vocabulary["model"].as_object().erase("vocab");
  json::object wrong_id = small_tokenizer();
  wrong_id["model"].as_object()["vocab"].as_object()["pub"] = "three";
  json::object no_unknown = small_tokenizer();
  no_unknown["model"].as_object()["unk_token"] = "[NONE]";
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), json::serialize(without_vocabulary),
        json::serialize(wrong_id), json::serialize(no_unknown)}) {
    const auto result = WordPiece::parse(text);
    ASSERT_TRUE(result.has_error()) << text;
    EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt) << text;
  }
}

}  // namespace
}  // namespace wellspring::embed
