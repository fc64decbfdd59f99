#include <algorithm>
#include <array>
#include <cctype>

#include "llm/excerpts.hpp"

namespace wellspring::llm {
namespace {

// Abbreviations before a full stop that usually go on, in the languages of the CMS (en, es, fr); lower case.
constexpr auto kAbbreviations = std::to_array<std::string_view>(
    {"approx", "art",  "av",   "ca",  "cf",  "chap", "dr",  "e.g", "ed", "eq",  "fig", "i.e",
     "inc",    "jr",   "lic",  "ltd", "mme", "mr",   "mrs", "ms",  "no", "núm", "p",   "pp",
     "p.ej",   "prof", "resp", "sec", "sr",  "sra",  "st",  "vol", "vs", "u.s"});

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}
bool is_closer(char c) {
  return std::string_view("\"')]*_").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return folded;
}

bool is_abbreviation(std::string_view text, std::size_t stop) {
  std::size_t start = stop;
  while (start > 0 && !is_space(text[start - 1]) && text[start - 1] != '(') --start;
  const std::string_view word = text.substr(start, stop - start);
  const bool initial = word.size() == 1 && std::isupper(static_cast<unsigned char>(word[0])) != 0;
  return initial || std::ranges::find(kAbbreviations, lower(word)) != kAbbreviations.end();
}

/// The length of a sentence's end mark at `at`, or 0. Ideographic marks end a sentence whatever follows.
std::size_t end_mark(std::string_view text, std::size_t at) {
  for (const std::string_view mark : {"。", "！", "？"}) {
    if (text.substr(at).starts_with(mark)) return mark.size();
  }
  if (std::string_view(".!?").find(text[at]) == std::string_view::npos) return 0;
  std::size_t after = at + 1;
  while (after < text.size() && (is_closer(text[after]) || text[after] == text[at])) ++after;
  if (after == text.size()) return after - at;
  if (!is_space(text[after])) return 0;
  const std::size_t next = text.find_first_not_of(" \t\n", after);
  if (next != std::string_view::npos && std::islower(static_cast<unsigned char>(text[next])) != 0) return 0;
  return text[at] == '.' && is_abbreviation(text, at) ? 0 : after - at;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

}  // namespace

std::vector<std::string> split_sentences(std::string_view text) {
  std::vector<std::string> sentences;
  std::size_t start = 0;
  bool in_code = false;
  const auto end_at = [&](std::size_t end) {
    const std::string_view sentence = trimmed(text.substr(start, end - start));
    if (!sentence.empty()) sentences.emplace_back(sentence);
    start = end;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '`') in_code = !in_code;
    const std::size_t mark = in_code ? 0 : end_mark(text, at);
    at += std::max<std::size_t>(mark, 1);
    if (mark > 0) end_at(at);
  }
  end_at(text.size());
  return sentences;
}

}  // namespace wellspring::llm
