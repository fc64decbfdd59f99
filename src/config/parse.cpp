#include "config/parse.hpp"

#include <fmt/format.h>

#include <charconv>

namespace wellspring::config {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string describe(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  if (ms % 86'400'000 == 0) return fmt::format("{}d", ms / 86'400'000);
  if (ms % 1'000 == 0) return fmt::format("{}s", ms / 1'000);
  return fmt::format("{}ms", ms);
}

}  // namespace

Result<std::size_t> parse_count(std::string_view text, std::size_t least, std::size_t most) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("'{}' is no whole number from {} to {}", text, least, most));
  }
  return value;
}

Result<double> parse_fraction(std::string_view text, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= least && value <= most)) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("'{}' is no number from {} to {}", text, least, most));
  }
  return value;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds least,
                                                 std::chrono::milliseconds most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::int64_t scale = unit == "ms"  ? 1
                             : unit == "s" ? 1'000
                             : unit == "m" ? 60'000
                             : unit == "h" ? 3'600'000
                             : unit == "d" ? 86'400'000
                                           : 0;
  const bool readable = error == std::errc{} && scale != 0 && number >= 0 && number <= most.count() / scale;
  const std::chrono::milliseconds value{readable ? number * scale : -1};
  if (value < least) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("'{}' is no duration from {} to {} (write it as 250ms, 30s, 5m, 2h or 7d)", text,
                            describe(least), describe(most)));
  }
  return value;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

}  // namespace wellspring::config
