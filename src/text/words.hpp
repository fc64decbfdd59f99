#pragma once

#include <cstddef>
#include <string_view>

namespace wellspring::text {

enum class Apostrophe {
  kJoins,   ///< don't, author's are one word
  kSplits,  ///< l'homme, dell'arte are two
};

/// A run of letters, marks and digits, with what keeps a name in one piece: "0.21.2", "c++", "c#".
struct Word {
  std::string_view text;
  bool ascii = true;
  bool cjk = false;   ///< a run of characters of a script without spaces; to be cut into pairs
  bool plain = true;  ///< letters only, apart from an apostrophe
};

/// Reads the words of a text one after another. Bytes that are not UTF-8 separate words.
class WordReader {
 public:
  WordReader(std::string_view text, Apostrophe apostrophe) : text_(text), apostrophe_(apostrophe) {}

  /// False at the end of the text.
  bool next(Word& word);

 private:
  enum class Kind { kOther, kLetter, kDigit, kCjk };
  struct Character {
    Kind kind = Kind::kOther;
    std::size_t length = 1;
  };

  Character wide_at(std::size_t i) const;
  Character at(std::size_t i) const;
  std::size_t joiner_length(std::size_t begin, std::size_t i, bool after_digit) const;
  void extend(Word& word, std::size_t begin);

  std::string_view text_;
  Apostrophe apostrophe_;
  std::size_t position_ = 0;
};

}  // namespace wellspring::text
