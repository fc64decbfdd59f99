#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wellspring::text {

/// A Markdown file with the YAML block at its start (`---` to `---`) read and taken off.
struct FrontMatter {
  /// Top-level scalars as written, and lists of scalars joined by ", ". Nulls and nested maps are left out.
  std::map<std::string, std::string> fields;
  std::string body;
};

/// A text that does not start with `---`, or never closes it, is all body. Errors: kInvalidArgument when the
/// block is not a YAML map; kTooLarge when it has more than 64 KiB.
Result<FrontMatter> read_front_matter(std::string_view markdown);

}  // namespace wellspring::text
