#include "sync/article_fields.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "base/utf8.hpp"

namespace wellspring::sync {
namespace {

namespace json = boost::json;

// Above this a number of seconds would lie after the year 2600, a number of milliseconds after August 1970.
constexpr double kLargestSeconds = 2e10;
// The end of the year 32767, the last of std::chrono::year, lies just after this.
constexpr double kLargestMilliseconds = 9.7e14;
// Doubles hold every whole number up to 2^53.
constexpr double kLargestExact = 9007199254740992.0;

}  // namespace

std::optional<std::string> read_text(const json::value& value) {
  const json::string* text = value.if_string();
  return text == nullptr ? std::nullopt : std::optional(sanitize_utf8(*text));
}

std::optional<std::string> read_id(const json::value& value) {
  if (auto text = read_text(value)) return text->empty() ? std::nullopt : std::move(text);
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  if (const auto* number = value.if_uint64()) return std::to_string(*number);
  const double* number = value.if_double();
  if (number == nullptr || std::abs(*number) > kLargestExact || std::trunc(*number) != *number)
    return std::nullopt;
  return std::to_string(static_cast<std::int64_t>(*number));
}

std::optional<std::string> read_relation(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return read_id(value);
  const json::value* id = object->if_contains("id");
  return id == nullptr ? std::nullopt : read_id(*id);
}

std::optional<Timestamp> read_time(const json::value& value) {
  if (const json::string* text = value.if_string()) return parse_timestamp(*text);
  if (!value.is_number()) return std::nullopt;
  const double number = value.to_number<double>();
  const double milliseconds = std::abs(number) <= kLargestSeconds ? number * 1000 : number;
  if (!(std::abs(milliseconds) <= kLargestMilliseconds)) return std::nullopt;
  return Timestamp{std::chrono::milliseconds{std::llround(milliseconds)}};
}

}  // namespace wellspring::sync
