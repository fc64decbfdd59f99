#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wellspring::rag {

inline constexpr std::size_t kQuestionCodePoints = 1'000;  // contract 1.5

/// What a person typed, fit for search and prompts: well-formed UTF-8 without control characters except TAB,
/// LF and CR, cut to `code_points`, without blanks at the ends. Words are left as they are: the prompt keeps
/// data and instructions apart by its structure.
std::string sanitize_text(std::string_view text, std::size_t code_points = kQuestionCodePoints);

}  // namespace wellspring::rag
