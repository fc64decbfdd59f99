#pragma once

#include <string>
#include <string_view>

namespace wellspring {

/// Two lower-case hexadecimal digits for each byte.
std::string to_hex(std::string_view bytes);

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace wellspring
