#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace wellspring {

void assertion_failed(const char* condition, std::string_view message, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s: %.*s\n", file, line, condition,
               static_cast<int>(message.size()), message.data());
  std::abort();
}

}  // namespace wellspring
