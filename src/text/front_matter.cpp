#include "text/front_matter.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include "base/utf8.hpp"

namespace wellspring::text {
namespace {

constexpr std::size_t kFrontMatterBytes = 64u << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view without_trailing_blanks(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
    line.remove_suffix(1);
  return line;
}

struct Parts {
  std::string_view yaml;
  std::string_view body;
};

std::optional<Parts> split(std::string_view markdown) {
  std::size_t yaml_begin = 0;
  for (std::size_t begin = 0; begin < markdown.size();) {
    const std::size_t end = std::min(markdown.find('\n', begin), markdown.size());
    const std::string_view line = without_trailing_blanks(markdown.substr(begin, end - begin));
    const std::size_t next = std::min(end + 1, markdown.size());
    if (begin == 0) {
      if (line != "---") return std::nullopt;
      yaml_begin = next;
    } else if (line == "---" || line == "...") {
      return Parts{markdown.substr(yaml_begin, begin - yaml_begin), markdown.substr(next)};
    }
    begin = next;
  }
  return std::nullopt;
}

/// The text of a field, or nothing when it has none. Aliases name shared nodes and are not followed into
/// structures.
std::optional<std::string> field_text(const YAML::Node& node) {
  if (node.IsScalar()) return sanitize_utf8(node.Scalar());
  if (!node.IsSequence()) return std::nullopt;
  std::string joined;
  for (const YAML::Node& element : node) {
    if (!element.IsScalar()) continue;
    if (!joined.empty()) joined += ", ";
    joined += sanitize_utf8(element.Scalar());
  }
  return joined;
}

Error not_a_map(std::string_view reason) {
  return fail(
      ErrorKind::kInvalidArgument,
      fmt::format("read front matter: {}; write `key: value` lines between two lines of ---", reason));
}

}  // namespace

Result<FrontMatter> read_front_matter(std::string_view markdown) {
  if (markdown.starts_with(kByteOrderMark)) markdown.remove_prefix(kByteOrderMark.size());
  const std::optional<Parts> parts = split(markdown);
  if (!parts) return FrontMatter{{}, std::string(markdown)};
  if (parts->yaml.size() > kFrontMatterBytes) {
    return fail(ErrorKind::kTooLarge,
                fmt::format("read front matter: {} bytes, allowed {}; move text into the body",
                            parts->yaml.size(), kFrontMatterBytes));
  }
  FrontMatter result{{}, std::string(parts->body)};
  try {
    const YAML::Node map = YAML::Load(sanitize_utf8(parts->yaml));
    if (map.IsNull()) return result;
    if (!map.IsMap()) return not_a_map("the block is not a map");
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) continue;
      if (const auto text = field_text(entry.second))
        result.fields[sanitize_utf8(entry.first.Scalar())] = *text;
    }
  } catch (const YAML::Exception& error) {
    return not_a_map(fmt::format("line {}: {}", error.mark.line + 2, error.msg));
  }
  return result;
}

}  // namespace wellspring::text
