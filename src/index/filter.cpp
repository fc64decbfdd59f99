#include "index/filter.hpp"

#include <algorithm>
#include <iterator>

namespace wellspring::index {
namespace {

using model::ChunkMetadata;
using Value = std::optional<std::string_view>;

constexpr std::string_view kCategories = "categories";

std::string_view type_name(model::ChunkType type) {
  switch (type) {
    case model::ChunkType::kSection:
      return "section";
    case model::ChunkType::kText:
      return "text";
    case model::ChunkType::kTitleSummary:
      return "title_summary";
  }
  return "text";
}

Value number(std::size_t value, std::string& scratch) {
  return scratch = std::to_string(value);
}

Value title_unless_empty(const ChunkMetadata& m, std::string&) {
  return m.title.empty() ? Value() : Value(m.title);
}

Value published_date(const ChunkMetadata& m, std::string& scratch) {
  if (!m.published_at) return std::nullopt;
  return scratch = format_timestamp(*m.published_at);
}

bool is_one_of(std::string_view value, const std::vector<std::string>& wanted) {
  return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

struct Matcher::Member {
  std::string_view name;
  Read read;
};

// The members of contract 4.3 that hold one value. Also change model/metadata_json.cpp, which writes the same
// names.
const Matcher::Member Matcher::kMembers[] = {
    {"payload_id", [](const ChunkMetadata& m, std::string&) -> Value { return m.article.id.value(); }},
    {"source", [](const ChunkMetadata& m, std::string&) -> Value { return m.source; }},
    {"content_type", [](const ChunkMetadata&, std::string&) -> Value { return "article"; }},
    {"doc_title", [](const ChunkMetadata& m, std::string&) -> Value { return m.title; }},
    {"title", [](const ChunkMetadata& m, std::string&) -> Value { return m.title; }},
    {"author", [](const ChunkMetadata& m, std::string&) -> Value { return m.author; }},
    {"status", [](const ChunkMetadata&, std::string&) -> Value { return "published"; }},
    {"published_date", published_date},
    {"slug", [](const ChunkMetadata& m, std::string&) -> Value { return m.slug; }},
    {"locale", [](const ChunkMetadata& m, std::string&) -> Value { return m.article.locale; }},
    {"doc_title_hierarchical", title_unless_empty},
    {"section_title", [](const ChunkMetadata& m, std::string&) -> Value { return m.section; }},
    {"subsection_title", [](const ChunkMetadata& m, std::string&) -> Value { return m.subsection; }},
    {"subsubsection_title", [](const ChunkMetadata& m, std::string&) -> Value { return m.subsubsection; }},
    {"chunk_type", [](const ChunkMetadata& m, std::string&) -> Value { return type_name(m.type); }},
    {"content_length",
     [](const ChunkMetadata& m, std::string& scratch) { return number(m.content_length, scratch); }},
    {"chunk_index", [](const ChunkMetadata& m, std::string& scratch) { return number(m.index, scratch); }},
    {"is_title_chunk",
     [](const ChunkMetadata& m, std::string&) -> Value { return m.is_title_chunk ? "true" : "false"; }},
};

Matcher::Matcher(const model::Filter& filter) {
  conditions_.reserve(filter.size());
  for (const model::FieldMatch& wanted : filter) conditions_.push_back({&wanted, reader_of(wanted.field)});
}

Matcher::Read Matcher::reader_of(std::string_view name) {
  const Member* member = std::find_if(std::begin(kMembers), std::end(kMembers),
                                      [name](const Member& known) { return known.name == name; });
  return member == std::end(kMembers) ? nullptr : member->read;
}

bool Matcher::matches(const ChunkMetadata& metadata) const {
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& condition) { return holds(condition, metadata); });
}

bool Matcher::holds(const Condition& condition, const ChunkMetadata& metadata) {
  const model::FieldMatch& wanted = *condition.wanted;
  if (condition.read != nullptr) {
    std::string scratch;
    const Value value = condition.read(metadata, scratch);
    return value && is_one_of(*value, wanted.any_of);
  }
  if (wanted.field == kCategories) {
    return std::any_of(metadata.categories.begin(), metadata.categories.end(),
                       [&](const std::string& category) { return is_one_of(category, wanted.any_of); });
  }
  const auto extra = metadata.extra.find(wanted.field);
  return extra != metadata.extra.end() && is_one_of(extra->second, wanted.any_of);
}

}  // namespace wellspring::index
