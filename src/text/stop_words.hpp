#pragma once

#include <string_view>

namespace wellspring::text {

/// True for the most common function words of English, Spanish, French, German, Italian and Portuguese
/// (`language` is an ISO 639-1 code, `word` folded). Words split at an apostrophe are listed in their parts
/// (l, d, qu).
bool is_stop_word(std::string_view language, std::string_view word);

}  // namespace wellspring::text
