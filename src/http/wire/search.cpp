#include "http/wire/search.hpp"

#include <boost/json.hpp>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "model/metadata_json.hpp"

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

constexpr std::size_t kQueryCodePoints = 1'000;  // contract 1.5, for questions: cut, not refused
constexpr std::size_t kFilterFields = 16;
constexpr std::size_t kFilterValues = 256;

std::optional<model::SearchMode> parse_mode(std::string_view text) {
  for (const auto mode : {model::SearchMode::kBm25, model::SearchMode::kDense, model::SearchMode::kHybrid}) {
    if (model::name(mode) == text) return mode;
  }
  return std::nullopt;
}

/// A value of a filter as metadata members are compared: strings as they are, numbers and booleans as JSON
/// writes them.
std::optional<std::string> scalar(const json::value& value) {
  if (const json::string* text = value.if_string()) return std::string(*text);
  if (value.is_number() || value.is_bool()) return json::serialize(value);
  return std::nullopt;
}

std::optional<model::FieldMatch> parse_condition(std::string_view field, const json::value& wanted) {
  model::FieldMatch match{std::string(field), {}};
  const json::array single{wanted};
  const json::array& values = wanted.is_array() ? wanted.get_array() : single;
  if (values.size() > kFilterValues) return std::nullopt;
  for (const json::value& value : values) {
    auto text = scalar(value);
    if (!text) return std::nullopt;
    match.any_of.push_back(std::move(*text));
  }
  return match;
}

model::Filter parse_filter(const json::object& object, Problems& problems) {
  model::Filter filter;
  MemberReader reader(object, {"body", "filter"}, problems);
  if (object.size() > kFilterFields)
    problems.list.push_back({"too_long", {"body", "filter"}, "At most 16 members are allowed"});
  for (const auto& [field, wanted] : object) {
    if (auto condition = parse_condition(field, wanted))
      filter.push_back(std::move(*condition));
    else
      reader.problem(field, "string_type",
                     "Input should be a string, a number, or a list of at most 256 of them");
  }
  return filter;
}

}  // namespace

Parsed<model::Query> parse_query(std::string_view body, std::string locale) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  Problems problems;
  MemberReader reader(*object, {"body"}, problems);
  model::Query query;
  query.text = first_code_points(reader.required_string("query").value_or(""), kQueryCodePoints);
  query.k = reader.optional_integer("k", 1, limits::kSearchResults).value_or(query.k);
  if (const auto mode = reader.optional_string("mode")) {
    if (const auto known = parse_mode(*mode))
      query.mode = *known;
    else
      reader.problem("mode", "literal_error", one_of_message({"bm25", "dense", "hybrid"}));
  }
  if (const json::object* filter = reader.optional_object("filter"))
    query.filter = parse_filter(*filter, problems);
  query.locale = reader.optional_locale().value_or(std::move(locale));
  if (!problems.list.empty()) return problems;
  return query;
}

json::object to_json(const rag::Retrieved& retrieved, model::SearchMode mode) {
  json::array hits;
  for (const model::Hit& hit : retrieved.hits) {
    const model::ChunkMetadata& metadata = hit.chunk->metadata;
    hits.push_back(json::object{{"document_id", metadata.article.id.value()},
                                {"chunk_index", metadata.index},
                                {"title", metadata.title},
                                {"text", hit.chunk->text},
                                {"score", hit.score},
                                {"scores", json::object{{"bm25", hit.bm25}, {"dense", hit.dense}}},
                                {"metadata", model::to_json(metadata)}});
  }
  return {{"hits", std::move(hits)},
          {"mode", model::name(mode)},
          {"took_ms", std::chrono::duration<double, std::milli>(retrieved.took).count()}};
}

}  // namespace wellspring::http::wire
