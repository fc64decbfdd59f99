#pragma once

#include <string>

namespace wellspring::embed {

/// How BERT's pre-processing sees a code point. The Hugging Face tokenizer takes general categories from
/// Unicode 8.0 while this machine's utf8proc is newer, so a mark or a dash added since is `kOther` here.
enum class CharClass {
  kOther,        ///< part of a word
  kSpace,        ///< white space; also the tab and line ends
  kPunctuation,  ///< a word of its own; all ASCII symbols count
  kControl,      ///< control, format and private use
  kMark,         ///< nonspacing mark
};

CharClass classify(char32_t c);

/// Appends the full canonical decomposition of `c` (NFD without reordering between code points).
void append_decomposed(char32_t c, std::u32string& out);

/// Appends the full lower-case form of `c`, without regard to its neighbours.
void append_lower(char32_t c, std::u32string& out);

}  // namespace wellspring::embed
