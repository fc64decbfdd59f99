#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace wellspring::embed {

/// What a `tokenizer.json` of the BERT family says about turning text into pieces. Its `truncation` and
/// `padding` are left out: the window is the embedder's option.
struct TokenizerFile {
  bool clean_text = true;            ///< drop control characters, make all white space a space
  bool handle_chinese_chars = true;  ///< each CJK ideograph is a word
  bool strip_accents = true;
  bool lowercase = true;
  std::size_t max_word_chars = 100;  ///< a longer word becomes the unknown piece
  std::int32_t unknown_id = 0;
  std::vector<std::pair<std::string, std::int32_t>> words;          ///< pieces that start a word
  std::vector<std::pair<std::string, std::int32_t>> continuations;  ///< without their prefix ("##")
  /// Pieces matched in the text as it stands, before anything else; longest first.
  std::vector<std::pair<std::string, std::int32_t>> special;
  std::vector<std::int32_t> before;  ///< ids put before a text ([CLS])
  std::vector<std::int32_t> after;   ///< ids put after a text ([SEP])
};

/// Errors: kCorrupt when the text is not such JSON, kUnsupported when it describes another kind of tokenizer.
Result<TokenizerFile> parse_tokenizer_file(std::string_view json);

}  // namespace wellspring::embed
