#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace wellspring::text {

using Weigh = std::function<std::size_t(std::string_view)>;

/// One heading above a passage. Empty means absent.
struct Heading {
  std::string text;
  std::size_t weight = 0;  ///< of its line in the header
};

/// Title, H2, H3, H4.
using HeadingPath = std::array<Heading, 4>;

/// The lines that put a chunk in its context, each ending in LF (`Title: ...`, `Section: ...`), and what they
/// weigh.
struct ChunkHeader {
  std::string lines;
  std::size_t weight = 0;
};

/// Builds the lines for `path` so that they weigh at most `limit`. When they would not fit, the deepest
/// heading is kept whole as far as possible and the ones above it are cut at a word with an ellipsis, or left
/// out.
ChunkHeader make_header(const HeadingPath& path, std::size_t limit, const Weigh& weigh);

/// `text` as the heading at `level` of a path.
Heading make_heading(std::size_t level, std::string text, const Weigh& weigh);

}  // namespace wellspring::text
