#include "store/mongo/chunk_rows.hpp"

#include <boost/json.hpp>
#include <set>

#include "base/result.hpp"
#include "model/metadata_json.hpp"

namespace wellspring::store::mongo {
namespace {

namespace json = boost::json;

// Servers differ in what they take in a member's name, so what any of them refuses is escaped.
std::string escaped(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string name;
  for (const char c : key) {
    if (c == '%' || c == '.' || c == '$') {
      const auto byte = static_cast<unsigned char>(c);
      name += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      name += c;
    }
  }
  return name;
}

std::string unescaped(std::string_view name) {
  std::string key;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::string_view code = name.substr(i, 3);
    const char c = code == "%25" ? '%' : code == "%2E" ? '.' : code == "%24" ? '$' : '\0';
    key += c == '\0' ? name[i] : c;
    if (c != '\0') i += 2;
  }
  return key;
}

void append_json(Doc& to, const std::string& name, const json::value& value) {
  if (const auto* text = value.if_string()) {
    append(*to.get(), name, std::string_view(*text));
  } else if (const auto* number = value.if_int64()) {
    append(*to.get(), name, *number);
  } else if (const auto* flag = value.if_bool()) {
    append(*to.get(), name, *flag);
  } else if (const auto* items = value.if_array()) {
    Array list;
    for (const json::value& item : *items) list.push(std::string_view(item.get_string()));
    append(*to.get(), name, list);
  } else {
    append(*to.get(), name, nullptr);
  }
}

Doc metadata_of(const model::ChunkMetadata& metadata) {
  Doc members;
  for (const auto& [key, value] : model::to_json(metadata)) {
    if (key == "published_date") {
      append(*members.get(), key, metadata.published_at);
    } else {
      append_json(members, escaped(key), value);
    }
  }
  return members;
}

json::object unescaped(const json::object& members) {
  json::object clear;
  for (const auto& [name, value] : members) clear.emplace(unescaped(name), value);
  return clear;
}

/// Where the body begins: behind the header lines and a blank one.
std::size_t body_offset_of(const std::string& text) {
  if (!text.starts_with("Title: ")) return 0;
  const std::size_t blank = text.find("\n\n");
  return blank == std::string::npos ? 0 : blank + 2;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string first_of(const Fields& metadata, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    auto text = metadata.optional_text(name);
    if (text && !text->empty()) return std::move(*text);
  }
  return {};
}

model::ChunkType type_of(const std::optional<std::string>& name) {
  if (name == "section") return model::ChunkType::kSection;
  return name == "title_summary" ? model::ChunkType::kTitleSummary : model::ChunkType::kText;
}

/// Members of the metadata that are ours to name; others are kept as extra.
const std::set<std::string, std::less<>>& contract_names() {
  static const std::set<std::string, std::less<>> names{
      "payload_id",       "source",        "content_type", "doc_title",      "title",
      "author",           "categories",    "status",       "published_date", "slug",
      "locale",           "section_title", "chunk_type",   "content_length", "doc_title_hierarchical",
      "subsection_title", "chunk_index",   "chunk_id",     "is_title_chunk", "subsubsection_title",
      "embedding_model",  "embedding_dim", "is_synthetic"};
  return names;
}

model::ChunkMetadata adopted_metadata(const Doc& members, const model::ArticleKey& key) {
  const Fields fields(*members, "metadata");
  model::ChunkMetadata metadata;
  metadata.article = key;
  metadata.source = fields.optional_text("source").value_or("payload");
  metadata.title = first_of(fields, {"doc_title", "title", "doc_title_hierarchical"});
  metadata.author = fields.optional_text("author");
  metadata.categories = fields.texts("categories");
  metadata.published_at = fields.optional_time("published_date");
  if (const auto text = fields.optional_text("published_date"); text && !metadata.published_at) {
    metadata.published_at = parse_timestamp(*text);
  }
  metadata.slug = fields.optional_text("slug");
  metadata.section = fields.optional_text("section_title");
  metadata.subsection = fields.optional_text("subsection_title");
  metadata.subsubsection = fields.optional_text("subsubsection_title");
  metadata.type = type_of(fields.optional_text("chunk_type"));
  metadata.is_title_chunk = fields.flag("is_title_chunk");
  for (const auto& [name, value] : to_json(*members)) {
    if (value.is_string() && !contract_names().contains(std::string_view(name))) {
      metadata.extra.emplace(name, value.get_string());
    }
  }
  return metadata;
}

}  // namespace

std::vector<Doc> chunk_rows(const Revision& revision, const Oid& revision_id,
                            const std::function<Oid()>& make_id) {
  std::vector<Doc> rows;
  rows.reserve(revision.chunks.size());
  for (const model::EmbeddedChunk& embedded : revision.chunks) {
    const model::Chunk& chunk = embedded.chunk;
    Doc& row = rows.emplace_back(doc("_id", make_id(), "text", chunk.text, "metadata",
                                     metadata_of(chunk.metadata), "revision", revision_id, "index",
                                     chunk.metadata.index, "body_offset", chunk.body_offset));
    if (!embedded.vector.empty()) add_to(row, "model", revision.embedding_model, "vector", embedded.vector);
  }
  return rows;
}

ReadChunk read_own_chunk(const bson_t& row) {
  const Fields fields(row, "chunk " + label_of(row, "_id"));
  ReadChunk read;
  read.index = fields.count("index");
  read.embedded.chunk.text = fields.text("text");
  read.embedded.chunk.body_offset = fields.count("body_offset");
  const auto members = fields.optional_document("metadata");
  if (!members) fields.broken("metadata");
  auto metadata = model::chunk_metadata_from_json(unescaped(to_json(**members)));
  if (!metadata) throw Failure(metadata.error());
  read.embedded.chunk.metadata = std::move(*metadata);
  read.model = fields.optional_text("model").value_or("");
  if (fields.has("vector")) {
    auto vector = vector_at(row, "vector");
    if (!vector) fields.broken("vector");
    read.embedded.vector = std::move(*vector);
  }
  return read;
}

std::optional<ReadChunk> read_adopted_chunk(const bson_t& row, const model::ArticleKey& key,
                                            std::size_t position) {
  const Fields fields(row, "chunk " + label_of(row, "_id"));
  auto text = fields.optional_text("text");
  const auto members = fields.optional_document("metadata");
  if (!text || !members) return std::nullopt;
  ReadChunk read;
  read.index = position;
  model::Chunk& chunk = read.embedded.chunk;
  chunk.body_offset = body_offset_of(*text);
  chunk.text = std::move(*text);
  chunk.metadata = adopted_metadata(*members, key);
  chunk.metadata.content_length = code_points(std::string_view(chunk.text).substr(chunk.body_offset));
  chunk.metadata.index = position;
  if (auto vector = vector_at(row, "vector")) {
    read.embedded.vector = std::move(*vector);
    read.model = fields.optional_text("model").value_or("");
  } else if (auto listed = vector_at(row, "embedding"); listed && !listed->empty()) {
    read.embedded.vector = std::move(*listed);
    read.model = fields.optional_text("metadata.embedding_model").value_or("");
  }
  return read;
}

}  // namespace wellspring::store::mongo
