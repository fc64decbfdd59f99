#include "text/markdown_writer.hpp"

#include <algorithm>
#include <utility>

namespace wellspring::text {
namespace {

// Containers nested deeper are written without further indentation, so that a long text in a deep tree does
// not become a multiple of its size.
constexpr std::size_t kContainersShown = 16;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}
/// Part of a word for the rules of emphasis; bytes of other alphabets count.
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}
bool is_punctuation(char c) {
  return c > ' ' && c < 0x7F && !is_letter(c) && !is_digit(c);
}

bool starts_entity(std::string_view rest) {
  const std::size_t end =
      rest.find_first_not_of("#abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 1);
  return end != std::string_view::npos && end > 1 && end < 40 && rest[end] == ';';
}

bool needs_escape(std::string_view text, std::size_t i) {
  const char before = i == 0 ? ' ' : text[i - 1];
  const char after = i + 1 == text.size() ? ' ' : text[i + 1];
  switch (text[i]) {
    case '`':
      return true;
    case '\\':
      return i + 1 == text.size() || is_punctuation(after);
    case '*':
      return !is_space(before) || !is_space(after);
    case '_':
      return !(is_word(before) && is_word(after)) && (!is_space(before) || !is_space(after));
    case '~':
      return before == '~' || after == '~';
    case ']':
      return i + 1 == text.size() || after == '(' || after == '[' || after == ':';
    case '<':
      return is_letter(after) || after == '/' || after == '!' || after == '?';
    case '&':
      return starts_entity(text.substr(i, 40));
    default:
      return false;
  }
}

std::string escaped(std::string_view text) {
  std::string markdown;
  markdown.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (needs_escape(text, i)) markdown += '\\';
    markdown += text[i];
  }
  return markdown;
}

/// Where a line would start a block by accident: the byte to put a backslash before, or npos.
std::size_t block_mark(std::string_view line) {
  const auto ends_at = [&](std::size_t i) { return i == line.size() || is_space(line[i]); };
  if (line.empty()) return std::string_view::npos;
  const std::size_t hashes = std::min(line.find_first_not_of('#'), line.size());
  if (hashes >= 1 && hashes <= 6 && ends_at(hashes)) return 0;
  if (line[0] == '>') return 0;
  if ((line[0] == '-' || line[0] == '+' || line[0] == '*') && ends_at(1)) return 0;
  if ((line[0] == '-' || line[0] == '=') && line.find_first_not_of("-= \t|:") == std::string_view::npos)
    return 0;
  if (line[0] == '|') return 0;
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const bool numbered =
      digits >= 1 && digits <= 9 && digits < line.size() && (line[digits] == '.' || line[digits] == ')');
  return numbered && ends_at(digits + 1) ? digits : std::string_view::npos;
}

/// Plain lines of a paragraph, kept from being read as other blocks.
std::string with_safe_lines(std::string_view text) {
  std::string markdown;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    const std::size_t mark = std::min(block_mark(line), line.size());
    markdown += line.substr(0, mark);
    if (mark < line.size()) markdown += '\\';
    markdown += line.substr(mark);
    if (end < text.size()) markdown += '\n';
    begin = end + 1;
  }
  return markdown;
}

std::string code_span(std::string_view text) {
  const std::string fence = fence_for(text, '`', 1);
  const bool padded = text.front() == '`' || text.back() == '`';
  std::string markdown = fence;
  if (padded) markdown += ' ';
  markdown += text;
  if (padded) markdown += ' ';
  return markdown + fence;
}

/// Marks must touch the text, so white space at its ends stays outside.
std::string marked(std::string_view text, unsigned format) {
  std::size_t begin = 0;
  std::size_t end = text.size();
  while (begin < end && is_space(text[begin])) ++begin;
  while (end > begin && is_space(text[end - 1])) --end;
  if (begin == end) return std::string(text);
  const std::string_view core = text.substr(begin, end - begin);
  std::string open;
  if ((format & text_format::kStrikethrough) != 0) open += "~~";
  if ((format & text_format::kBold) != 0) open += "**";
  if ((format & text_format::kItalic) != 0) open += "*";
  std::string markdown(text.substr(0, begin));
  markdown += open;
  markdown += (format & text_format::kCode) != 0 ? code_span(core) : escaped(core);
  markdown.append(open.rbegin(), open.rend());
  return markdown.append(text.substr(end));
}

}  // namespace

std::string fence_for(std::string_view text, char mark, std::size_t least) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == mark ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(longest + 1, least), mark);
}

void add_run(std::vector<Run>& runs, Run run) {
  run.format &= text_format::kShown;
  if (!runs.empty() && !run.ready && !runs.back().ready && runs.back().format == run.format) {
    runs.back().text += run.text;
  } else {
    runs.push_back(std::move(run));
  }
}

std::string inline_markdown(const std::vector<Run>& runs) {
  std::string markdown;
  for (const Run& run : runs) markdown += run.ready ? run.text : marked(run.text, run.format);
  return with_safe_lines(markdown);
}

void MarkdownWriter::start_line() {
  std::size_t shown = 0;
  for (Container& container : containers_) {
    if (++shown > kContainersShown) break;
    out_ += container.started ? container.rest : container.first;
    container.started = true;
  }
}

void MarkdownWriter::block(std::string_view text) {
  if (!out_.empty()) {
    out_ += '\n';
    const bool opening =
        std::any_of(containers_.begin(), containers_.end(), [](const Container& c) { return !c.started; });
    if (!tight_ && !opening) {
      start_line();
      out_ += '\n';
    } else if (!tight_) {
      out_ += '\n';
    }
  }
  tight_ = false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    start_line();
    out_ += text.substr(begin, end - begin);
    if (end < text.size()) out_ += '\n';
    begin = end + 1;
  }
}

void MarkdownWriter::open(std::string_view first, std::string_view rest) {
  containers_.push_back({std::string(first), std::string(rest)});
}

void MarkdownWriter::close() {
  containers_.pop_back();
}

std::string MarkdownWriter::take() {
  return std::exchange(out_, {});
}

}  // namespace wellspring::text
