// Any bytes as a text: ids stay in the vocabulary, the count is that of the ids, and a cut text is a prefix
// of the whole. The pinned tokenizer.json is used where it is, and a small one of our own elsewhere.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "embed/wordpiece.hpp"

namespace {

using wellspring::embed::WordPiece;

constexpr std::string_view kSmallTokenizer = R"({
  "added_tokens": [{"id": 1, "content": "[CLS]", "single_word": false, "normalized": false},
                   {"id": 2, "content": "[SEP]", "single_word": false, "normalized": false}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                 "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##a": 4, "ab": 5, "##b": 6, "\u00e9": 7, ".": 8}}})";

WordPiece make_tokenizer() {
  std::ifstream file(WELLSPRING_PINNED_DIR "/models/all-minilm-l6-v2/tokenizer.json", std::ios::binary);
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  return WordPiece::parse(json.empty() ? kSmallTokenizer : std::string_view(json)).value();
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const WordPiece tokenizer = make_tokenizer();
  constexpr std::size_t kWindow = 16;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = tokenizer.encode(text, size * 4 + tokenizer.special_pieces());
  check(tokenizer.count(text) + tokenizer.special_pieces() == whole.size());
  check(std::ranges::all_of(whole, [](std::int32_t id) { return id >= 0 && id < 30'522; }));
  const auto cut = tokenizer.encode(text, kWindow);
  check(cut.size() == std::min(whole.size(), kWindow));
  check(std::equal(cut.begin(), cut.end() - 1, whole.begin()));
  return 0;
}
