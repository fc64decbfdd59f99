#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wellspring::text {

/// A block of a Markdown document as a range of its source. Children follow each other without a gap and
/// cover their parent, so slices of the source never lose what the author wrote.
struct Block {
  enum class Kind {
    kHeading,
    kText,  ///< paragraph, HTML, thematic break
    kFencedCode,
    kIndentedCode,
    kTable,
    kList,       ///< children are its items
    kContainer,  ///< a list item or a quote
  };
  Kind kind = Kind::kText;
  int heading_level = 0;   ///< 1 to 6 for kHeading
  std::size_t begin = 0;   ///< bytes
  std::size_t end = 0;     ///< up to the next block, so white space after the block belongs to it
  std::size_t weight = 0;  ///< for the chunker
  std::vector<Block> children;
};

/// Non-blank lines that are parsed as one document. Each may cost a few nodes of about 150 bytes in cmark.
inline constexpr std::size_t kMarkdownLines = 250'000;
inline constexpr std::size_t kMarkdownBytes = 64u << 20;

/// The top-level blocks of `source`, which is well-formed UTF-8 with LF line ends and without NUL. Linear in
/// its size. Thread-safe. Errors: kTooLarge over kMarkdownLines or kMarkdownBytes.
Result<std::vector<Block>> parse_blocks(std::string_view source);

/// The text of a heading without its marks and inline formatting, on one line. `source` is the heading's
/// block; meant for short input, since cmark's inline parser is not linear.
std::string heading_text(std::string_view source);

}  // namespace wellspring::text
