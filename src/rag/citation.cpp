#include "rag/citation.hpp"

#include <cctype>
#include <charconv>

namespace wellspring::rag {
namespace {

constexpr std::size_t kMarkerBytesMax = 48;  // longer brackets are text
constexpr std::size_t kDigitsMax = 3;        // more are years and the like
constexpr std::size_t kFenceTicks = 3;

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// Whether a held "[..." can still become a marker with `c` appended: numbers, commas and blanks, a number
/// first.
bool continues_marker(std::string_view bracket, char c) {
  const char last = bracket.back();
  if (is_digit(c)) {
    const std::size_t digits = bracket.size() - 1 - bracket.find_last_not_of("0123456789");
    return digits < kDigitsMax;
  }
  if (c == ',' || c == ']') return is_digit(last);
  return c == ' ' && last == ',';
}

}  // namespace

std::string CitationFilter::feed(std::string_view text) {
  std::string out;
  for (const char c : text) take(c, out);
  return out;
}

std::string CitationFilter::finish() {
  std::string out;
  flush(out);
  return out;
}

void CitationFilter::take(char c, std::string& out) {
  const std::size_t bracket = held_.find('[');
  if (bracket != std::string::npos) {
    if (continues_marker(std::string_view(held_).substr(bracket), c) && held_.size() < kMarkerBytesMax) {
      held_ += c;
      if (c != ']') return;
      const std::string marker = valid_marker();
      if (!marker.empty()) out += held_.substr(0, bracket) + marker;
      held_.clear();
      return;
    }
    flush(out);
  }
  track_code(c);
  if (code_ticks_ == 0 && ticks_ == 0 && (c == ' ' || c == '[')) {
    if (c == ' ' && held_.size() >= kMarkerBytesMax) flush(out);
    held_ += c;
    return;
  }
  flush(out);
  out += c;
}

void CitationFilter::flush(std::string& out) {
  out += held_;
  held_.clear();
}

/// Inline code ends with a run of backticks as long as the one that opened it, or with its paragraph; a fence
/// ends with a run at least as long.
void CitationFilter::track_code(char c) {
  if (c == '`') {
    ++ticks_;
    return;
  }
  if (ticks_ > 0) {
    if (code_ticks_ == 0) {
      code_ticks_ = ticks_;
    } else if (ticks_ == code_ticks_ || (code_ticks_ >= kFenceTicks && ticks_ > code_ticks_)) {
      code_ticks_ = 0;
    }
    ticks_ = 0;
  }
  if (c == '\n') {
    if (line_was_empty_ && code_ticks_ < kFenceTicks) code_ticks_ = 0;
    line_was_empty_ = true;
  } else if (c != ' ') {
    line_was_empty_ = false;
  }
}

std::string CitationFilter::valid_marker() const {
  std::string numbers;
  for (std::size_t at = held_.find('['); at < held_.size(); ++at) {
    if (!is_digit(held_[at])) continue;
    std::size_t number = 0;
    const char* begin = held_.data() + at;
    const auto [end, failed] = std::from_chars(begin, held_.data() + held_.size(), number);
    if (failed == std::errc{} && number >= 1 && number <= sources_) {
      if (!numbers.empty()) numbers += ", ";
      numbers.append(begin, end);
    }
    at += static_cast<std::size_t>(end - begin);
  }
  if (numbers.empty()) return {};
  return std::string("[").append(numbers).append("]");
}

std::string without_citations(std::string_view text) {
  CitationFilter filter(0);
  std::string plain = filter.feed(text);
  return plain.append(filter.finish());
}

}  // namespace wellspring::rag
