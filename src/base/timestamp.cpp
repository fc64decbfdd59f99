#include "base/timestamp.hpp"

#include <fmt/format.h>

namespace wellspring {
namespace {

/// Reads exactly `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  using namespace std::chrono_literals;
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0min;
  const bool negative = text.front() == '-';
  if (!negative && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  int minutes = 0;
  if (!text.empty()) {
    take(text, ':');
    const auto read = take_number(text, 2);
    if (!read || *read > 59) return std::nullopt;
    minutes = *read;
  }
  const std::chrono::minutes offset{*hours * 60 + minutes};
  return negative ? -offset : offset;
}

std::optional<std::chrono::year> take_year(std::string_view& text) {
  const bool expanded = !text.empty() && (text.front() == '+' || text.front() == '-');
  if (!expanded) {
    const auto year = take_number(text, 4);
    return year ? std::optional(std::chrono::year{*year}) : std::nullopt;
  }
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  const std::size_t dash = text.find('-');
  if (dash != 5 && dash != 6) return std::nullopt;
  const auto year = take_number(text, dash);
  // std::chrono::year ends at 32767.
  if (!year || *year > 32767) return std::nullopt;
  return std::chrono::year{negative ? -*year : *year};
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  const auto year = take_year(text);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month_number = take_number(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_number(text, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date{*year, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  if (!date.ok()) return std::nullopt;
  milliseconds since_midnight{0};
  minutes zone{0};
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    int second = 0;
    int millis = 0;
    if (take(text, ':')) {
      const auto read = take_number(text, 2);
      if (!read || *read > 60) return std::nullopt;
      second = *read;
      if (take(text, '.') || take(text, ',')) {
        int scale = 100;
        std::size_t digits = 0;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
          millis += (text.front() - '0') * scale;
          scale /= 10;
          text.remove_prefix(1);
          ++digits;
        }
        if (digits == 0) return std::nullopt;
      }
    }
    since_midnight = hours{*hour} + minutes{*minute} + seconds{second} + milliseconds{millis};
    const auto offset = take_zone(text);
    if (!offset || !text.empty()) return std::nullopt;
    zone = *offset;
  }
  return Timestamp{sys_days{date}} + since_midnight - zone;
}

std::string format_timestamp(Timestamp at) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(at);
  const year_month_day date{days};
  const hh_mm_ss time{at - days};
  const int year = static_cast<int>(date.year());
  std::string text = year >= 0 && year <= 9999 ? fmt::format("{:04}", year)
                                               : fmt::format("{}{:06}", year < 0 ? '-' : '+', std::abs(year));
  text += fmt::format("-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                      time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:03}", time.subseconds().count());
  return text + "Z";
}

}  // namespace wellspring
