#include "http/wire/sources.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/limits.hpp"
#include "http/wire/jobs.hpp"
#include "sync/article_fields.hpp"

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

constexpr std::string_view kNothingFetches =
    "This version does not fetch sources yet: nothing is taken from this one until a version that does runs.";

/// Reads the members of a source and collects what is wrong with them.
class SourceReader {
 public:
  SourceReader(const json::object& object, Problems& problems)
      : object_(object), reader_(object, {"body"}, problems) {}

  std::string required_text(std::string_view member, std::size_t bytes_max) {
    auto text = reader_.required_string(member);
    if (!text) return {};
    if (text->empty()) reader_.problem(member, "string_too_short", "String should have at least 1 character");
    if (text->size() > bytes_max) {
      reader_.problem(member, "string_too_long",
                      fmt::format("String should have at most {} bytes, has {}", bytes_max, text->size()));
    }
    return std::move(*text);
  }

  /// Empty when absent; null is a problem.
  std::optional<std::string> text(std::string_view member, std::size_t bytes_max) {
    if (!object_.contains(member)) return std::nullopt;
    return required_text(member, bytes_max);
  }

  /// Empty when absent; the inner optional is empty for null.
  std::optional<std::optional<Timestamp>> time(std::string_view member) {
    const json::value* value = object_.if_contains(member);
    if (value == nullptr) return std::nullopt;
    std::optional<std::optional<Timestamp>> at(std::in_place);
    if (value->is_null()) return at;
    *at = sync::read_time(*value);
    if (!*at) reader_.problem(member, "datetime_parsing", "Input should be a valid datetime in ISO 8601");
    return at;
  }

 private:
  const json::object& object_;
  MemberReader reader_;
};

/// Always with milliseconds, so that times of one source can be compared as text.
std::string time_text(Timestamp at) {
  std::string text = format_timestamp(at);
  if (text.find('.') == std::string::npos) text.insert(text.size() - 1, ".000");
  return text;
}

}  // namespace

Parsed<model::NewSource> parse_new_source(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  Problems problems;
  SourceReader reader(*object, problems);
  model::NewSource source;
  source.name = reader.required_text("name", limits::kSourceTextBytes);
  source.type = reader.required_text("type", limits::kSourceTextBytes);
  source.uri = reader.required_text("uri", limits::kSourceUriBytes);
  source.last_ingested_at = reader.time("last_ingested_at").value_or(std::nullopt);
  reader.text("status", limits::kSourceTextBytes);
  reader.time("created_at");
  reader.time("updated_at");
  if (!problems.list.empty()) return problems;
  return source;
}

Parsed<model::SourceChanges> parse_source_changes(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  Problems problems;
  SourceReader reader(*object, problems);
  model::SourceChanges changes;
  changes.name = reader.text("name", limits::kSourceTextBytes);
  changes.type = reader.text("type", limits::kSourceTextBytes);
  changes.uri = reader.text("uri", limits::kSourceUriBytes);
  changes.status = reader.text("status", limits::kSourceTextBytes);
  changes.last_ingested_at = reader.time("last_ingested_at");
  reader.time("updated_at");
  if (!problems.list.empty()) return problems;
  return changes;
}

json::object to_json(const model::Source& source) {
  const json::value reason =
      source.status == model::kIngesting ? json::value(json::string(kNothingFetches)) : json::value();
  return {{"id", source.id.value()},
          {"name", source.name},
          {"type", source.type},
          {"uri", source.uri},
          {"status", source.status},
          {"status_reason", reason},
          {"last_ingested_at", to_json(source.last_ingested_at)},
          {"created_at", time_text(source.created_at)},
          {"updated_at", time_text(source.updated_at)}};
}

json::array to_json(const std::vector<model::Source>& sources) {
  json::array list;
  for (const model::Source& source : sources) list.push_back(to_json(source));
  return list;
}

}  // namespace wellspring::http::wire
