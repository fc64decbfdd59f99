#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wellspring {

/// RFC 4648 section 4, with padding.
std::string to_base64(std::string_view bytes);
/// With or without padding; nothing for any other character and for a length that no bytes have.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace wellspring
