#pragma once

#include <string>
#include <string_view>

namespace wellspring::text {

/// A copy of `source` (LF line ends), byte for byte as long, that keeps what decides block structure
/// (container markers, heading marks, fences, rules, the start of HTML) and has letters in place of
/// everything that only matters inside a line. A table keeps its delimiter row, cut down to one column. cmark
/// spends super-linear time only on inline marks and wide tables, and nesting is bounded here, so parsing a
/// skeleton takes linear time.
std::string block_skeleton(std::string_view source);

}  // namespace wellspring::text
