#include "llm/excerpts.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace wellspring::llm {
namespace {

// What a reader takes in at a glance; longer blocks are quoted in parts.
constexpr std::size_t kBlockLinesMax = 12;
constexpr std::size_t kBlockBytesMax = 600;
constexpr std::size_t kTableRowsMax = 3;

using Lines = std::vector<std::string_view>;

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string_view trim_left(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{} : line.substr(first);
}

bool is_blank(std::string_view line) {
  return trim_left(line).empty();
}

/// The run of backticks or tildes that opens a code block; empty when the line opens none.
std::string_view fence_of(std::string_view line) {
  const std::string_view text = trim_left(line);
  if (text.empty() || (text[0] != '`' && text[0] != '~')) return {};
  const std::size_t length = std::min(text.find_first_not_of(text[0]), text.size());
  return length < 3 ? std::string_view{} : text.substr(0, length);
}

/// The length of a list marker with its indent and following blank; 0 when the line is no item.
std::size_t item_marker(std::string_view line) {
  const std::string_view text = trim_left(line);
  std::size_t length = 0;
  if (!text.empty() && std::string_view("-*+").find(text[0]) != std::string_view::npos) {
    length = 1;
  } else {
    while (length < text.size() && length < 9 && std::isdigit(static_cast<unsigned char>(text[length])) != 0)
      ++length;
    if (length == 0 || length == text.size() || (text[length] != '.' && text[length] != ')')) return 0;
    ++length;
  }
  if (length >= text.size() || text[length] != ' ') return 0;
  return line.size() - text.size() + length + 1;
}

bool is_rule(std::string_view line) {
  const std::string_view text = trim_left(line);
  return text.size() >= 3 && std::string_view("-*_=").find(text[0]) != std::string_view::npos &&
         std::ranges::all_of(text, [&](char c) { return c == text[0] || c == ' '; });
}

bool is_heading(std::string_view line) {
  const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
  return level >= 1 && level <= 6 && (level == line.size() || line[level] == ' ');
}

bool is_table_delimiter(std::string_view line) {
  return line.find('-') != std::string_view::npos && line.find('|') != std::string_view::npos &&
         line.find_first_not_of(" \t|:-") == std::string_view::npos;
}

bool has_cells(std::string_view line) {
  return line.find('|') != std::string_view::npos;
}

class Splitter {
 public:
  explicit Splitter(std::string_view markdown) : lines_(split_lines(markdown)) {}

  std::vector<Excerpt> split() {
    while (at_ < lines_.size()) {
      const std::string_view line = lines_[at_];
      if (!fence_of(line).empty()) {
        take_code();
      } else if (has_cells(line) && at_ + 1 < lines_.size() && is_table_delimiter(lines_[at_ + 1])) {
        take_table();
      } else if (is_blank(line) || is_heading(line) || is_rule(line)) {
        ++at_;
      } else if (item_marker(line) > 0) {
        take_list();
      } else {
        take_paragraph();
      }
    }
    return std::move(excerpts_);
  }

 private:
  void take_code() {
    const std::size_t first = at_++;
    const std::string_view fence = fence_of(lines_[first]);
    const auto closes = [&](std::string_view line) {
      const std::string_view end = fence_of(line);
      return end.size() >= fence.size() && end[0] == fence[0] && trim_left(line).size() == end.size();
    };
    while (at_ < lines_.size() && !closes(lines_[at_])) ++at_;
    const bool closed = at_ < lines_.size();
    std::string text = join(first, closed ? ++at_ : at_);
    if (!closed) text.append("\n").append(fence);
    if (fits(text)) add_block(std::move(text));
  }

  void take_table() {
    const std::size_t first = at_;
    at_ += 2;
    while (at_ < lines_.size() && has_cells(lines_[at_])) ++at_;
    const std::string whole = join(first, at_);
    if (fits(whole) && at_ - first <= 2 + kTableRowsMax) return add_block(whole);
    for (std::size_t row = first + 2; row < at_; ++row) {
      std::string excerpt = join(first, first + 2).append("\n").append(lines_[row]);
      if (fits(excerpt)) excerpts_.push_back({Excerpt::Kind::kBlock, {}, std::move(excerpt)});
    }
  }

  void take_list() {
    const std::size_t first = at_;
    while (at_ < lines_.size() && continues_list()) ++at_;
    std::size_t end = at_;
    while (end > first && is_blank(lines_[end - 1])) --end;
    std::string whole = join(first, end);
    if (fits(whole)) return add_block(std::move(whole));
    std::string item;
    for (std::size_t i = first; i < end; ++i) {
      const std::size_t marker = item_marker(lines_[i]);
      if (marker > 0) add_sentences(std::exchange(item, {}));
      if (!item.empty()) item += ' ';
      item += trim_left(lines_[i].substr(marker));
    }
    add_sentences(item);
  }

  /// An item, an indented or lazy continuation, or a blank line between two of those.
  bool continues_list() const {
    const std::string_view line = lines_[at_];
    if (is_blank(line)) {
      return at_ + 1 < lines_.size() &&
             (item_marker(lines_[at_ + 1]) > 0 || lines_[at_ + 1].starts_with("  "));
    }
    return !is_heading(line) && (!is_rule(line) || item_marker(line) > 0) &&
           (item_marker(line) > 0 || line.starts_with("  ") || !is_blank(lines_[at_ - 1]));
  }

  void take_paragraph() {
    std::string text;
    for (; at_ < lines_.size() && continues_paragraph(text.empty()); ++at_) {
      std::string_view line = trim_left(lines_[at_]);
      while (line.starts_with('>')) line = trim_left(line.substr(1));
      if (!text.empty()) text += ' ';
      text += line;
    }
    add_sentences(text);
  }

  bool continues_paragraph(bool first) const {
    const std::string_view line = lines_[at_];
    return first || (!is_blank(line) && !is_heading(line) && !is_rule(line) && fence_of(line).empty() &&
                     item_marker(line) == 0);
  }

  static bool fits(std::string_view block) {
    return block.size() <= kBlockBytesMax &&
           static_cast<std::size_t>(std::ranges::count(block, '\n')) < kBlockLinesMax;
  }

  std::string join(std::size_t first, std::size_t end) const {
    std::string text;
    for (std::size_t i = first; i < end; ++i) {
      if (i > first) text += '\n';
      text += lines_[i];
    }
    return text;
  }

  void add_sentences(std::string_view text) {
    for (std::string& sentence : split_sentences(text)) {
      excerpts_.push_back({Excerpt::Kind::kSentence, {}, std::move(sentence)});
    }
  }

  /// A sentence that ends with a colon belongs to the block it announces.
  void add_block(std::string text) {
    std::string lead;
    if (!excerpts_.empty() && excerpts_.back().kind == Excerpt::Kind::kSentence &&
        excerpts_.back().text.ends_with(':')) {
      lead = std::move(excerpts_.back().text);
      excerpts_.pop_back();
    }
    excerpts_.push_back({Excerpt::Kind::kBlock, std::move(lead), std::move(text)});
  }

  Lines lines_;
  std::size_t at_ = 0;
  std::vector<Excerpt> excerpts_;
};

}  // namespace

std::vector<Excerpt> split_excerpts(std::string_view markdown) {
  return Splitter(markdown).split();
}

}  // namespace wellspring::llm
