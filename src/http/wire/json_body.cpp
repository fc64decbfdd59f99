#include "http/wire/json_body.hpp"

#include <boost/json.hpp>
#include <boost/throw_exception.hpp>

#include <fmt/format.h>

#include "base/language_tag.hpp"
#include "base/limits.hpp"

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

constexpr std::size_t kInputBytesShown = 256;

/// The offending value for the answer, unless it is long.
std::string shown(const json::value& value) {
  std::string text = json::serialize(value);
  return text.size() <= kInputBytesShown ? text : "null";
}

Problems not_json(std::size_t offset, const std::string& reason) {
  return {{Problem{"json_invalid", {"body", std::to_string(offset)}, "JSON decode error: " + reason, "{}"}}};
}

}  // namespace

void throw_exception_from_error(const Problems& problems, const boost::source_location&) {
  throw Failure(
      fail(ErrorKind::kInvalidArgument, problems.list.empty() ? "invalid body" : problems.list.front().msg));
}

Parsed<json::object> parse_object(std::string_view body) {
  if (body.empty()) return Problems{{Problem{"missing", {"body"}, "Field required"}}};
  json::parse_options options;
  options.max_depth = limits::kJsonDepth;
  json::stream_parser parser({}, options);
  boost::system::error_code failed;
  const std::size_t parsed = parser.write_some(body.data(), body.size(), failed);
  if (!failed && body.find_first_not_of(" \t\r\n", parsed) != std::string_view::npos)
    failed = json::error::extra_data;
  if (!failed) parser.finish(failed);
  if (failed) return not_json(parsed, failed.message());
  json::value value = parser.release();
  if (!value.is_object()) {
    return Problems{{Problem{
        "model_attributes_type", {"body"}, "Input should be a valid dictionary or object", shown(value)}}};
  }
  return std::move(value.get_object());
}

const json::value* MemberReader::present(std::string_view member) const {
  const json::value* value = object_.if_contains(member);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void MemberReader::problem(std::string_view member, std::string type, std::string message) {
  std::vector<std::string> location = location_;
  location.emplace_back(member);
  const json::value* value = object_.if_contains(member);
  problems_.list.push_back({std::move(type), std::move(location), std::move(message),
                            value == nullptr ? shown(json::value(object_)) : shown(*value)});
}

std::optional<std::string> MemberReader::required_string(std::string_view member) {
  if (!object_.contains(member)) {
    problem(member, "missing", "Field required");
    return std::nullopt;
  }
  if (present(member) != nullptr) return optional_string(member);
  problem(member, "string_type", "Input should be a valid string");
  return std::nullopt;
}

std::optional<std::string> MemberReader::optional_string(std::string_view member) {
  const json::value* value = present(member);
  if (value == nullptr) return std::nullopt;
  if (const json::string* text = value->if_string()) return std::string(*text);
  problem(member, "string_type", "Input should be a valid string");
  return std::nullopt;
}

std::optional<std::string> MemberReader::optional_locale() {
  const auto text = optional_string("locale");
  if (!text || text->empty()) return std::nullopt;
  auto tag = normal_language_tag(*text);
  if (!tag) problem("locale", "locale", "Input should be a language tag such as 'en' or 'fr-CA'");
  return tag;
}

std::optional<std::size_t> MemberReader::optional_integer(std::string_view member, std::size_t least,
                                                          std::size_t most) {
  const json::value* value = present(member);
  if (value == nullptr) return std::nullopt;
  json::error_code inexact;
  const auto number = value->is_number() ? value->to_number<std::int64_t>(inexact) : 0;
  if (!value->is_number() || inexact) {
    problem(member, "int_type", "Input should be a valid integer");
    return std::nullopt;
  }
  if (number < static_cast<std::int64_t>(least)) {
    problem(member, "greater_than_equal", fmt::format("Input should be greater than or equal to {}", least));
    return std::nullopt;
  }
  if (number > static_cast<std::int64_t>(most)) {
    problem(member, "less_than_equal", fmt::format("Input should be less than or equal to {}", most));
    return std::nullopt;
  }
  return static_cast<std::size_t>(number);
}

const json::array* MemberReader::optional_array(std::string_view member) {
  const json::value* value = present(member);
  if (value == nullptr) return nullptr;
  const json::array* array = value->if_array();
  if (array == nullptr) problem(member, "list_type", "Input should be a valid list");
  return array;
}

const json::object* MemberReader::optional_object(std::string_view member) {
  const json::value* value = present(member);
  if (value == nullptr) return nullptr;
  const json::object* object = value->if_object();
  if (object == nullptr) problem(member, "dict_type", "Input should be a valid dictionary");
  return object;
}

std::string one_of_message(std::initializer_list<std::string_view> values) {
  std::string text = "Input should be ";
  std::size_t left = values.size();
  for (const std::string_view value : values) {
    --left;
    text += fmt::format("'{}'{}", value, left > 1 ? ", " : left == 1 ? " or " : "");
  }
  return text;
}

}  // namespace wellspring::http::wire
