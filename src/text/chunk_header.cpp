#include "text/chunk_header.hpp"

#include <fmt/format.h>

#include <utility>

#include "text/split.hpp"

namespace wellspring::text {
namespace {

constexpr std::array<std::string_view, 4> kLabels = {"Title", "Section", "Subsection", "Sub-subsection"};
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";  // U+2026

std::string whole_line(std::size_t level, std::string_view heading) {
  return fmt::format("{}: {}\n", kLabels[level], heading);
}

/// As many words of `heading` as fit; an empty line when not even one does.
ChunkHeader cut_line(std::size_t level, std::string_view heading, std::size_t limit, const Weigh& weigh) {
  std::size_t weight = weigh(whole_line(level, kEllipsis));
  std::size_t kept = 0;
  while (kept < heading.size()) {
    const std::size_t length = word_length(heading.substr(kept));
    const std::size_t word = weigh(heading.substr(kept, length));
    if (weight + word > limit) break;
    weight += word;
    kept += length;
  }
  if (kept == 0) return {};
  return {whole_line(level, fmt::format("{}{}", heading.substr(0, kept), kEllipsis)), weight};
}

}  // namespace

ChunkHeader make_header(const HeadingPath& path, std::size_t limit, const Weigh& weigh) {
  ChunkHeader header;
  for (std::size_t level = path.size(); level-- > 0;) {
    const Heading& heading = path[level];
    if (heading.text.empty()) continue;
    const std::size_t available = limit - header.weight;
    const ChunkHeader part = heading.weight <= available
                                 ? ChunkHeader{whole_line(level, heading.text), heading.weight}
                                 : cut_line(level, heading.text, available, weigh);
    header.lines.insert(0, part.lines);
    header.weight += part.weight;
  }
  return header;
}

Heading make_heading(std::size_t level, std::string text, const Weigh& weigh) {
  const std::size_t weight = text.empty() ? 0 : weigh(whole_line(level, text));
  return {std::move(text), weight};
}

}  // namespace wellspring::text
