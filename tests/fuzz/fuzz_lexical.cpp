// Any JSON as an editor's state: an error or Markdown that the chunker takes.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "text/lexical.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::json::parse_options options;
  options.max_depth = 2 * wellspring::limits::kJsonDepth;
  options.allow_invalid_utf8 = true;
  boost::system::error_code error;
  const auto state =
      boost::json::parse(std::string_view(reinterpret_cast<const char*>(data), size), error, {}, options);
  if (error) return 0;
  const auto markdown = wellspring::text::lexical_to_markdown(state);
  if (markdown.has_value() && !wellspring::is_valid_utf8(*markdown)) std::abort();
  return 0;
}
