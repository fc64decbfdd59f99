#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wellspring::sync {

/// The same JSON text with every `\uD800`-`\uDFFF` escape that is no half of a pair replaced by `\uFFFD`:
/// JSON.stringify writes such halves, and no UTF-8 string can hold them.
std::string replace_lone_surrogates(std::string_view json);

/// Parses a JSON text sent by a client. kTooLarge above limits::kSyncBodyBytes; kInvalidArgument for
/// ill-formed UTF-8, for text that is no JSON and for nesting deeper than limits::kJsonDepth.
Result<boost::json::value> parse_json(std::string_view text);

}  // namespace wellspring::sync
