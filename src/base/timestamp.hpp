#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wellspring {

/// A moment of civil time in UTC with the CMS's own precision.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Reads ISO 8601: `YYYY-MM-DD`, or `YYYY-MM-DD[T ]HH:MM[:SS[.f...]][Z|+HH:MM|-HH:MM]` (no zone means UTC),
/// years 0000 to 9999, and five- or six-digit years with a sign (`+010000-01-01T00:00:00Z`). Fractions finer
/// than a millisecond are cut. Empty when the text is anything else or the date does not exist.
std::optional<Timestamp> parse_timestamp(std::string_view text);

/// `2025-11-16T17:27:37.123Z`; the fraction is left out when it is zero.
std::string format_timestamp(Timestamp at);

}  // namespace wellspring
