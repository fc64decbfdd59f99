#include "rag/answer_key.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "base/digest.hpp"

namespace wellspring::rag {
namespace {

bool is_blank(utf8proc_int32_t code_point) {
  if (code_point == ' ' || code_point == '\t' || code_point == '\n' || code_point == '\r') return true;
  const utf8proc_category_t category = utf8proc_category(code_point);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string to_lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string with_single_spaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool blank = false;
  while (!text.empty()) {
    if (const char c = text.front(); c > ' ' && c < 0x7F) {  // most of any question
      if (blank) out += ' ';
      blank = false;
      out += c;
      text.remove_prefix(1);
      continue;
    }
    utf8proc_int32_t code_point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    const std::size_t taken = length > 0 ? static_cast<std::size_t>(length) : 1;
    if (length > 0 && is_blank(code_point)) {
      blank = !out.empty();
    } else {
      if (blank) out += ' ';
      blank = false;
      out += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return out;
}

/// Length-prefixed, so that no two lists of fields give the same bytes.
void append_field(std::string& bytes, std::string_view field) {
  fmt::format_to(std::back_inserter(bytes), "{}:{}", field.size(), field);
}

}  // namespace

std::string folded(std::string_view text) {
  if (is_ascii(text)) return with_single_spaces(to_lower_ascii(text));
  // Composed, not compatibility-composed: 2⁵ is not 25.
  constexpr auto kOptions =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped, kOptions);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0) return with_single_spaces(text);
  return with_single_spaces({reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)});
}

std::string answer_key(std::string_view asked, std::span<const model::ChatPair> pairs,
                       std::string_view locale) {
  std::string bytes;
  append_field(bytes, folded(asked));
  append_field(bytes, folded(locale));
  for (const model::ChatPair& pair : pairs) {
    append_field(bytes, folded(pair.question));
    append_field(bytes, folded(pair.answer));
  }
  return sha256_hex(bytes);
}

}  // namespace wellspring::rag
