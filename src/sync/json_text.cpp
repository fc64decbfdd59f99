#include "sync/json_text.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "base/limits.hpp"
#include "base/utf8.hpp"

namespace wellspring::sync {
namespace {

constexpr std::size_t kEscapeLength = 6;  // \uXXXX

/// The code unit of a `\uXXXX` escape at `i`.
std::optional<unsigned> unicode_escape(std::string_view json, std::size_t i) {
  if (i + kEscapeLength > json.size() || json[i] != '\\' || json[i + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* begin = json.data() + i + 2;
  const auto [end, error] = std::from_chars(begin, begin + 4, unit, 16);
  if (error != std::errc{} || end != begin + 4) return std::nullopt;
  return unit;
}

bool is_high(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace

std::string replace_lone_surrogates(std::string_view json) {
  std::string clean(json);
  for (std::size_t i = clean.find('\\'); i != std::string::npos; i = clean.find('\\', i)) {
    const auto unit = unicode_escape(clean, i);
    if (!unit) {
      i += 2;  // a simple escape; its second character may be a backslash
      continue;
    }
    const auto next = unicode_escape(clean, i + kEscapeLength);
    if (is_high(*unit) && next && is_low(*next)) {
      i += 2 * kEscapeLength;
      continue;
    }
    if (is_high(*unit) || is_low(*unit)) clean.replace(i, kEscapeLength, "\\uFFFD");
    i += kEscapeLength;
  }
  return clean;
}

Result<boost::json::value> parse_json(std::string_view text) {
  if (text.size() > limits::kSyncBodyBytes) {
    return fail(ErrorKind::kTooLarge,
                fmt::format("the body has {} bytes, {} are allowed", text.size(), limits::kSyncBodyBytes));
  }
  if (!is_valid_utf8(text)) return fail(ErrorKind::kInvalidArgument, "the body is not valid UTF-8");
  boost::json::parse_options options;
  options.max_depth = limits::kJsonDepth;
  boost::json::parser parser({}, options);
  boost::system::error_code error;
  const std::string clean = replace_lone_surrogates(text);
  const std::size_t read = parser.write(clean, error);
  if (error) {
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("the body is not JSON: {} at byte {}", error.message(), read));
  }
  return parser.release();
}

}  // namespace wellspring::sync
