#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wellspring::text {

/// Lexical's text format bits that Markdown can say.
namespace text_format {
inline constexpr unsigned kBold = 1;
inline constexpr unsigned kItalic = 2;
inline constexpr unsigned kStrikethrough = 4;
inline constexpr unsigned kCode = 16;
inline constexpr unsigned kShown = kBold | kItalic | kStrikethrough | kCode;
}  // namespace text_format

/// A stretch of inline content: text in one format, or Markdown that is ready (a link, an image).
struct Run {
  std::string text;
  unsigned format = 0;
  bool ready = false;
};

/// Appends, joining neighbours of one format so that their marks do not meet.
void add_run(std::vector<Run>& runs, Run run);

/// The Markdown of inline content. Text is escaped only where it would be read as marks.
std::string inline_markdown(const std::vector<Run>& runs);

/// A run of `mark` longer than any in `text`, and at least `least` long: it fences `text`.
std::string fence_for(std::string_view text, char mark, std::size_t least);

/// Writes blocks separated by blank lines, every line behind the prefix of the containers it is in.
class MarkdownWriter {
 public:
  /// A block; `text` may have several lines.
  void block(std::string_view text);
  /// Opens a container: its first line starts with `first`, the others with `rest`.
  void open(std::string_view first, std::string_view rest);
  void close();
  /// The next block follows on the next line, without a blank one (items of a tight list).
  void tighten() { tight_ = true; }
  std::string take();

 private:
  struct Container {
    std::string first;
    std::string rest;
    bool started = false;
  };
  void start_line();

  std::string out_;
  std::vector<Container> containers_;
  bool tight_ = false;
};

}  // namespace wellspring::text
