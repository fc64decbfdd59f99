#include "http/accept_language.hpp"

#include <algorithm>
#include <optional>

#include "base/language_tag.hpp"

namespace wellspring::http {
namespace {

constexpr std::size_t kRangesMax = 32;
constexpr int kFullQuality = 1'000;

struct Range {
  std::string tag;
  int quality = 0;  ///< in thousandths
};

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Takes what is before the separator, and the separator, off.
std::string_view take(std::string_view& text, char separator) {
  const std::string_view item = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), item.size() + 1));
  return trim(item);
}

/// 0 or 1 with at most three decimals.
std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int quality = (text[0] - '0') * kFullQuality;
  int worth = kFullQuality;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    worth /= 10;
    quality += (digit - '0') * worth;
  }
  return quality <= kFullQuality ? std::optional(quality) : std::nullopt;
}

std::optional<Range> parse_range(std::string_view item) {
  Range range{std::string(take(item, ';')), kFullQuality};
  if (range.tag != "*") {
    auto tag = range.tag.find('_') == std::string::npos ? normal_language_tag(range.tag) : std::nullopt;
    if (!tag) return std::nullopt;
    range.tag = std::move(*tag);
  }
  if (item.empty()) return range;
  const std::string_view name = take(item, '=');
  const auto quality = name == "q" || name == "Q" ? parse_quality(trim(item)) : std::nullopt;
  if (!quality) return std::nullopt;
  range.quality = *quality;
  return range;
}

}  // namespace

std::vector<std::string> accepted_languages(std::string_view field) {
  std::vector<Range> ranges;
  for (std::size_t read = 0; !field.empty() && read < kRangesMax; ++read) {
    auto range = parse_range(take(field, ','));
    if (range && range->quality > 0) ranges.push_back(std::move(*range));
  }
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const Range& a, const Range& b) { return a.quality > b.quality; });
  std::vector<std::string> tags;
  for (Range& range : ranges) tags.push_back(std::move(range.tag));
  return tags;
}

std::string reader_locale(std::string_view accept_language, std::span<const std::string> available,
                          const std::string& default_locale) {
  for (const std::string& wanted : accepted_languages(accept_language)) {
    if (wanted == "*") break;
    const bool has = std::any_of(available.begin(), available.end(),
                                 [&](const std::string& tag) { return language_nearness(tag, wanted) > 0; });
    if (has) return wanted;
  }
  return default_locale;
}

}  // namespace wellspring::http
