#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Where text may be cut, gentlest first. All functions take well-formed UTF-8 and return bytes.
namespace wellspring::text {

/// The first sentence of a non-empty text and the white space after it. A blank line ends a sentence too.
std::size_t sentence_length(std::string_view text);

/// The first word and the white space after it. A CJK character is a word.
std::size_t word_length(std::string_view text);

/// The first line with its LF.
std::size_t line_length(std::string_view text);

bool is_blank_text(std::string_view text);

/// The text on one line: white space trimmed, every inner run of it one space.
std::string collapse_white_space(std::string_view text);

}  // namespace wellspring::text
