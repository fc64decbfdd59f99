#pragma once

#include <string_view>

namespace wellspring {

/// The product's version as CMake's project() states it.
std::string_view version();

}  // namespace wellspring
