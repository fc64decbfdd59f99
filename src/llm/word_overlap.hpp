#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wellspring::llm {

/// True for words that carry no subject: articles, prepositions, interrogatives (en, es, fr). `word` in lower
/// case.
bool is_function_word(std::string_view word);

/// Words of `text` for comparison: runs of letters and digits (any non-ASCII byte counts as a letter), ASCII
/// folded to lower case, without the commonest function words.
std::vector<std::string> comparable_words(std::string_view text);

/// True for two forms of one word, as far as a common beginning tells ("install", "installed").
bool similar(std::string_view a, std::string_view b);

/// The share of the shorter list's words that the other has too, in [0, 1]; 0 when either is empty.
double overlap(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace wellspring::llm
