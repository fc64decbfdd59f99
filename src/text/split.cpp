#include "text/split.hpp"

#include <algorithm>
#include <array>

namespace wellspring::text {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::size_t skip_spaces(std::string_view text, std::size_t i) {
  while (i < text.size() && is_space(text[i])) ++i;
  return i;
}

bool starts_with_any(std::string_view text, const auto& candidates, std::size_t& length) {
  for (const std::string_view candidate : candidates) {
    if (text.starts_with(candidate)) {
      length = candidate.size();
      return true;
    }
  }
  return false;
}

/// Quotes and brackets that may follow the full stop of their sentence: ASCII, U+2019, U+201D, U+00BB.
std::size_t skip_closers(std::string_view text, std::size_t i) {
  static constexpr std::array<std::string_view, 9> kClosers = {
      "\"", "'", ")", "]", "*", "_", "\xE2\x80\x99", "\xE2\x80\x9D", "\xC2\xBB"};
  for (std::size_t length = 0; starts_with_any(text.substr(i), kClosers, length);) i += length;
  return i;
}

/// Full stops that need no white space after them: U+3002, U+FF01, U+FF1F.
constexpr std::array<std::string_view, 3> kWideStops = {"\xE3\x80\x82", "\xEF\xBC\x81", "\xEF\xBC\x9F"};

/// True when a three-byte character of a script written without spaces starts here: U+3040 to U+9FFF, which
/// holds kana and the common Han characters, and U+AC00 to U+D7A3, Hangul.
bool is_wide_at(std::string_view text, std::size_t i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  if (lead == 0xE3) return i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0x81;
  return (lead >= 0xE4 && lead <= 0xE9) || (lead >= 0xEA && lead <= 0xED);
}

}  // namespace

std::size_t sentence_length(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::size_t length = 0;
    if (c == '\n' && i + 1 < text.size() && text[i + 1] == '\n') return skip_spaces(text, i);
    if (c == '.' || c == '!' || c == '?') {
      const std::size_t after = skip_closers(text, i + 1);
      if (after == text.size() || is_space(text[after])) return skip_spaces(text, after);
    } else if ((c == '\xE3' || c == '\xEF') && starts_with_any(text.substr(i), kWideStops, length)) {
      return skip_spaces(text, skip_closers(text, i + length));
    }
  }
  return text.size();
}

std::size_t word_length(std::string_view text) {
  if (is_wide_at(text, 0)) return skip_spaces(text, std::min<std::size_t>(3, text.size()));
  std::size_t i = 0;
  while (i < text.size() && !is_space(text[i]) && !is_wide_at(text, i)) ++i;
  return skip_spaces(text, i);
}

std::size_t line_length(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? text.size() : end + 1;
}

bool is_blank_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_space);
}

std::string collapse_white_space(std::string_view text) {
  std::string collapsed;
  collapsed.reserve(text.size());
  for (std::size_t i = skip_spaces(text, 0); i < text.size(); i = skip_spaces(text, i)) {
    if (!collapsed.empty()) collapsed += ' ';
    while (i < text.size() && !is_space(text[i])) collapsed += text[i++];
  }
  return collapsed;
}

}  // namespace wellspring::text
