#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/result.hpp"

namespace wellspring::text {

/// Markdown of a Lexical editor state as Payload stores it (`{"root":{"type":"root","children":[...]}}`):
/// paragraphs, headings, lists (nested, numbered, check), quotes, links, code, horizontal rules, tables,
/// uploads, text formats. Unknown nodes contribute their children's text. Errors: kInvalidArgument when
/// `state` is not such an object, kTooLarge when it is nested deeper than limits::kJsonDepth.
Result<std::string> lexical_to_markdown(const boost::json::value& state);

}  // namespace wellspring::text
