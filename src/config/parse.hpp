#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wellspring::config {

/// Text to value with a check. Errors: kInvalidArgument saying what was read and what is allowed.
Result<std::size_t> parse_count(std::string_view text, std::size_t least, std::size_t most);
Result<double> parse_fraction(std::string_view text, double least, double most);
/// `250ms`, `30s`, `5m`, `2h`, `7d`.
Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds least,
                                                 std::chrono::milliseconds most);
/// Items between commas, trimmed, empty ones dropped.
std::vector<std::string> parse_list(std::string_view text);

}  // namespace wellspring::config
