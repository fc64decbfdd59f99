#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wellspring {

/// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF).
bool is_valid_utf8(std::string_view bytes);

/// The same text with every ill-formed sequence replaced by U+FFFD, and NUL removed.
std::string sanitize_utf8(std::string_view bytes);

/// Code points in well-formed UTF-8.
std::size_t count_code_points(std::string_view text);

/// The longest prefix of at most `count` code points.
std::string_view first_code_points(std::string_view text, std::size_t count);

/// The length in bytes of the longest prefix of `text` that does not end inside a code point.
std::size_t complete_prefix(std::string_view text);

}  // namespace wellspring
