#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wellspring::rag {

/// Keeps the citations of a streamed text true: `[n]` and `[n, m]` outside code lose every number that names
/// no source, and vanish with the blank before them when none is left. Cut the text anywhere: a possible
/// marker is held back until it is whole.
class CitationFilter {
 public:
  /// Numbers 1 to `sources` are valid; 0 removes every marker.
  explicit CitationFilter(std::size_t sources) : sources_(sources) {}
  std::string feed(std::string_view text);
  /// Call once at the end: what was held back.
  std::string finish();

 private:
  void take(char c, std::string& out);
  void flush(std::string& out);
  void track_code(char c);
  std::string valid_marker() const;

  std::size_t sources_;
  std::string held_;            ///< blanks, then perhaps the beginning of a marker
  std::size_t ticks_ = 0;       ///< of the run of backticks under way
  std::size_t code_ticks_ = 0;  ///< of the run that opened the code we are in; 0 outside code
  bool line_was_empty_ = false;
};

/// `text` without its citation markers: those of an earlier answer point at other sources.
std::string without_citations(std::string_view text);

}  // namespace wellspring::rag
