#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "embed/piece_trie.hpp"
#include "embed/tokenizer_file.hpp"

namespace wellspring::embed {

/// BERT's WordPiece, id for id what the Hugging Face `tokenizers` package makes of the same `tokenizer.json`
/// (tests/data/wordpiece_*). Takes any bytes: ill-formed UTF-8 counts as U+FFFD. Immutable, thread-safe,
/// linear in the length of the text.
class WordPiece {
 public:
  /// Errors: those of parse_tokenizer_file; kUnsupported when the vocabulary is too large.
  static Result<WordPiece> parse(std::string_view tokenizer_json);

  /// The ids of `text` between the special ids that start and end a text, at most `max_pieces` in all (at
  /// least special_pieces()); what does not fit is cut at the end.
  std::vector<std::int32_t> encode(std::string_view text, std::size_t max_pieces) const;
  /// How many ids `text` has, without the special ids around it.
  std::size_t count(std::string_view text) const;
  std::size_t special_pieces() const { return file_.before.size() + file_.after.size(); }

 private:
  enum class Action : std::uint8_t { kKeep, kDrop, kSplit, kPunctuation };
  struct AsciiRule {
    Action action = Action::kKeep;
    char mapped = 0;
  };
  class Scan;

  explicit WordPiece(TokenizerFile file);

  TokenizerFile file_;  ///< its vocabulary has moved into `pieces_`
  PieceTrie pieces_;
  std::array<AsciiRule, 128> ascii_{};
  std::array<bool, 256> starts_special_{};  ///< by first byte
};

}  // namespace wellspring::embed
