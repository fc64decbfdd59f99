#include "base/language_tag.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace wellspring {
namespace {

constexpr std::string_view kSeparators = "-_";
constexpr std::size_t kSubtagLength = 8;
// More than the subtags of any tag.
constexpr int kSharedSubtag = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the first subtag and its separator off.
std::string_view take_subtag(std::string_view& tag) {
  const std::string_view subtag = tag.substr(0, tag.find_first_of(kSeparators));
  tag.remove_prefix(std::min(tag.size(), subtag.size() + 1));
  return subtag;
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_subtag(std::string_view text, bool first) {
  const auto allowed = [first](char c) { return is_letter(c) || (!first && is_digit(c)); };
  return text.size() >= (first ? 2U : 1U) && text.size() <= kSubtagLength &&
         std::all_of(text.begin(), text.end(), allowed);
}

void append(std::string& tag, std::string_view subtag, bool plain) {
  if (!tag.empty()) tag += '-';
  const std::size_t begin = tag.size();
  for (const char c : subtag) tag += lower(c);
  if (plain) return;
  if (subtag.size() == 2) std::transform(subtag.begin(), subtag.end(), tag.end() - 2, upper);
  if (subtag.size() == 4) tag[begin] = upper(tag[begin]);
}

}  // namespace

std::optional<std::string> normal_language_tag(std::string_view text) {
  if (text.empty() || text.size() > limits::kLocaleBytes) return std::nullopt;
  if (kSeparators.find(text.back()) != std::string_view::npos) return std::nullopt;
  std::string tag;
  bool plain = true;  // the language itself, and whatever follows a single letter (RFC 5646 section 2.1.1)
  while (!text.empty()) {
    const std::string_view subtag = take_subtag(text);
    if (!is_subtag(subtag, tag.empty())) return std::nullopt;
    const bool language = tag.empty();
    append(tag, subtag, plain);
    plain = (plain && !language) || subtag.size() == 1;
  }
  return tag;
}

int language_nearness(std::string_view tag, std::string_view wanted) {
  int nearness = 0;
  bool sharing = true;
  while (!tag.empty()) {
    const bool more_wanted = !wanted.empty();
    const std::string_view subtag = take_subtag(tag);
    sharing = sharing && more_wanted && same(subtag, take_subtag(wanted));
    if (!sharing && nearness == 0) return 0;
    nearness += sharing ? kSharedSubtag : -1;
  }
  return nearness;
}

}  // namespace wellspring
