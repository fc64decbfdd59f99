#include "llm/word_overlap.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace wellspring::llm {
namespace {

// Words that carry no subject, so that sharing one says nothing (en, es, fr); sorted for the search.
constexpr auto kFunctionWords = std::to_array<std::string_view>(
    {"a",      "about",   "al",      "an",   "and",   "are",   "as",       "at",     "avec",   "be",
     "by",     "can",     "comment", "como", "con",   "could", "cuál",     "cuándo", "cuánto", "cuántos",
     "cómo",   "dans",    "de",      "del",  "des",   "did",   "do",       "does",   "du",     "dónde",
     "el",     "en",      "es",      "est",  "et",    "for",   "from",     "has",    "have",   "how",
     "i",      "if",      "in",      "is",   "it",    "its",   "la",       "las",    "le",     "les",
     "los",    "may",     "me",      "my",   "no",    "not",   "o",        "of",     "on",     "or",
     "ou",     "our",     "où",      "para", "por",   "pour",  "pourquoi", "quand",  "que",    "quel",
     "quelle", "quelles", "quels",   "qui",  "quién", "quoi",  "qué",      "se",     "ses",    "should",
     "so",     "son",     "sont",    "su",   "sus",   "that",  "the",      "their",  "them",   "there",
     "they",   "this",    "to",      "un",   "una",   "une",   "was",      "we",     "what",   "when",
     "where",  "which",   "who",     "why",  "will",  "with",  "would",    "y",      "you"});
static_assert(std::ranges::is_sorted(kFunctionWords));

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}

constexpr std::size_t kSharedPrefixMin = 4;
constexpr double kSharedPrefixShare = 0.55;  // of the longer word: "install" and "installation" are alike

}  // namespace

bool is_function_word(std::string_view word) {
  return std::ranges::binary_search(kFunctionWords, word);
}

std::vector<std::string> comparable_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && !is_function_word(word)) words.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (is_word_byte(c)) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

bool similar(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto shared = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  return shared >= kSharedPrefixMin &&
         static_cast<double>(shared) >=
             kSharedPrefixShare * static_cast<double>(std::max(a.size(), b.size()));
}

double overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return 0;
  const auto& shorter = a.size() <= b.size() ? a : b;
  const auto& longer = a.size() <= b.size() ? b : a;
  const auto shared = std::ranges::count_if(
      shorter, [&](const std::string& word) { return std::ranges::find(longer, word) != longer.end(); });
  return static_cast<double>(shared) / static_cast<double>(shorter.size());
}

}  // namespace wellspring::llm
