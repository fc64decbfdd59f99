#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wellspring::llm {

/// A part of a passage that can be quoted by itself.
struct Excerpt {
  enum class Kind {
    kSentence,  ///< one sentence of running text, on one line
    kBlock,     ///< a short code block, list or table, whole
  };
  Kind kind = Kind::kSentence;
  std::string lead;  ///< of a block: the sentence that announces it and ends with a colon; often empty
  std::string text;  ///< Markdown
};

/// Splits running text into sentences, trimmed. Full stops of abbreviations, initials, decimals and inline
/// code end none.
std::vector<std::string> split_sentences(std::string_view text);

/// Takes a passage's Markdown apart, in reading order. Headings and rules are left out. Blocks too long to
/// quote whole come as their items (lists) or as rows under the table's head; long code is left out.
std::vector<Excerpt> split_excerpts(std::string_view markdown);

}  // namespace wellspring::llm
