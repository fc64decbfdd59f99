#pragma once

#include <string>
#include <string_view>

namespace wellspring::rag {

/// `text` with `> ` before every line, so that nothing in it can leave its quotation in a prompt.
std::string quoted(std::string_view text);

}  // namespace wellspring::rag
