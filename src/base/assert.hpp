#pragma once

#include <string_view>

namespace wellspring {

/// Prints the broken invariant with its place and aborts.
[[noreturn]] void assertion_failed(const char* condition, std::string_view message, const char* file,
                                   int line);

}  // namespace wellspring

/// Checks an invariant of ours, in every build. Never reachable from input: input gets a Result.
#define WELLSPRING_ASSERT(condition, message) \
  ((condition) ? static_cast<void>(0)         \
               : ::wellspring::assertion_failed(#condition, (message), __FILE__, __LINE__))
