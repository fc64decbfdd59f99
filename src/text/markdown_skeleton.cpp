#include "text/markdown_skeleton.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace wellspring::text {
namespace {

// Containers that open further right than this are text. It bounds nesting; real documents stay below 20.
constexpr std::size_t kStructureBytes = 64;
constexpr std::size_t kCodeIndent = 4;

constexpr std::array<bool, 256> kInlineMarks = [] {
  std::array<bool, 256> marks{};
  for (const char c : std::string_view("*_[]!&\"'|\\`<")) marks[static_cast<unsigned char>(c)] = true;
  return marks;
}();

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The container marker that `rest` starts with, in bytes, or 0.
std::size_t marker_length(std::string_view rest) {
  if (rest[0] == '>') return 1;
  std::size_t length = 0;
  if (rest[0] == '-' || rest[0] == '+' || rest[0] == '*') {
    length = 1;
  } else {
    while (length < rest.size() && length < 9 && is_digit(rest[length])) ++length;
    if (length == 0 || length == rest.size() || (rest[length] != '.' && rest[length] != ')')) return 0;
    ++length;
  }
  return length == rest.size() || is_blank(rest[length]) ? length : 0;
}

/// Where a line's own content starts, after the markers of quotes and list items.
struct Leaf {
  std::size_t offset = 0;
  bool after_list_marker = false;
  bool indented = false;  ///< some run of white space is wide enough for indented code
  bool too_deep = false;  ///< a marker follows at or after kStructureBytes
};

Leaf find_leaf(std::string_view line) {
  Leaf leaf;
  std::size_t indent = 0;
  while (leaf.offset < line.size()) {
    if (is_blank(line[leaf.offset])) {
      indent += line[leaf.offset] == '\t' ? kCodeIndent : 1;
      leaf.indented = leaf.indented || indent >= kCodeIndent;
      ++leaf.offset;
      continue;
    }
    const std::size_t length = marker_length(line.substr(leaf.offset));
    if (length == 0) break;
    if (leaf.offset >= kStructureBytes) {
      leaf.too_deep = true;
      break;
    }
    leaf.after_list_marker = leaf.after_list_marker || line[leaf.offset] != '>';
    leaf.offset += length;
    indent = 0;
  }
  return leaf;
}

bool is_thematic_break(std::string_view rest) {
  if (rest.empty() || (rest[0] != '*' && rest[0] != '_')) return false;
  return std::all_of(rest.begin(), rest.end(), [&](char c) { return c == rest[0] || is_blank(c); }) &&
         std::count(rest.begin(), rest.end(), rest[0]) >= 3;
}

/// Bytes at the start of a line's content that open or close a block and would be masked otherwise.
std::size_t opening_length(std::string_view rest, const Leaf& leaf) {
  if (rest.empty()) return 0;
  if (is_thematic_break(rest)) return rest.size();
  // HTML that cmark is sure to see as a block, or that at worst costs one short inline scan per line.
  if (rest[0] == '<') return leaf.after_list_marker || leaf.indented ? 0 : rest.starts_with("<!") ? 2 : 1;
  const std::size_t run = std::min(rest.find_first_not_of('`'), rest.size());
  return run >= 3 && rest.find('`', run) == std::string_view::npos ? run : 0;
}

/// True for the end tags that close a block of raw HTML in the middle of a line.
bool closes_raw_html(std::string_view rest) {
  static constexpr std::array<std::string_view, 4> kEndTags = {"</script>", "</pre>", "</style>",
                                                               "</textarea>"};
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::any_of(kEndTags.begin(), kEndTags.end(), [&](std::string_view tag) {
    return rest.size() >= tag.size() &&
           std::equal(tag.begin(), tag.end(), rest.begin(), [&](char a, char b) { return a == lower(b); });
  });
}

void mask_inline(std::string_view source, std::string& skeleton, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (!kInlineMarks[static_cast<unsigned char>(source[i])]) continue;
    if (source[i] == '<' && closes_raw_html(source.substr(i, end - i))) continue;
    skeleton[i] = 'x';
  }
}

std::string_view trimmed(std::string_view row) {
  while (!row.empty() && is_blank(row.front())) row.remove_prefix(1);
  while (!row.empty() && is_blank(row.back())) row.remove_suffix(1);
  return row;
}

std::size_t column_count(std::string_view row) {
  row = trimmed(row);
  if (row.empty()) return 0;
  std::size_t columns = 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '\\') {
      ++i;
    } else if (row[i] == '|' && i != 0 && i + 1 != row.size()) {
      ++columns;
    }
  }
  return columns;
}

bool is_delimiter_row(std::string_view row) {
  return row.find('|') != std::string_view::npos && row.find('-') != std::string_view::npos &&
         row.find_first_not_of("|-: \t") == std::string_view::npos;
}

}  // namespace

std::string block_skeleton(std::string_view source) {
  std::string skeleton(source);
  std::string_view previous;
  for (std::size_t begin = 0; begin < source.size();) {
    const std::size_t end = std::min(source.find('\n', begin), source.size());
    const Leaf leaf = find_leaf(source.substr(begin, end - begin));
    const std::size_t start = begin + leaf.offset;
    const std::string_view rest = source.substr(start, end - start);
    if (is_delimiter_row(rest) && column_count(rest) == column_count(previous)) {
      std::fill(skeleton.begin() + static_cast<std::ptrdiff_t>(start),
                skeleton.begin() + static_cast<std::ptrdiff_t>(end), '-');
      skeleton[start] = '|';
    } else {
      if (leaf.too_deep) skeleton[start] = 'x';
      mask_inline(source, skeleton, start + opening_length(rest, leaf), end);
    }
    previous = rest;
    begin = end + 1;
  }
  return skeleton;
}

}  // namespace wellspring::text
