#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace wellspring {

/// So many unpredictable bytes as hexadecimal digits, fit for secrets. kResource when the system has none to
/// give.
Result<std::string> random_hex(std::size_t bytes);

}  // namespace wellspring
