#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wellspring::text {

/// The terms of `text` for lexical search in the language of `locale` ("en", "fr-CA", ...): Unicode case
/// folding and accent-preserving normalisation, word boundaries, stop words removed, Snowball stems. CJK text
/// gives bigrams. An unknown locale folds and splits without stems or stop words. Appends to `terms`, in
/// order, duplicates kept. Thread-safe.
void analyze(std::string_view text, std::string_view locale, std::vector<std::string>& terms);

}  // namespace wellspring::text
