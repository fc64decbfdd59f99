#include "model/metadata_json.hpp"

#include <boost/json.hpp>

namespace wellspring::model {
namespace {

namespace json = boost::json;

json::value optional_string(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::value optional_time(const std::optional<Timestamp>& at) {
  return at ? json::value(format_timestamp(*at)) : json::value(nullptr);
}

std::string_view type_name(ChunkType type) {
  switch (type) {
    case ChunkType::kSection:
      return "section";
    case ChunkType::kText:
      return "text";
    case ChunkType::kTitleSummary:
      return "title_summary";
  }
  return "text";
}

/// Reads members and remembers the first one that was missing or had the wrong type.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  std::string text(std::string_view name) {
    const auto read = optional_text(name);
    if (!read) note(name);
    return read.value_or("");
  }
  std::optional<std::string> optional_text(std::string_view name) {
    const json::value* member = object_.if_contains(name);
    if (member == nullptr || member->is_null()) return std::nullopt;
    if (const json::string* value = member->if_string()) return std::string(*value);
    note(name);
    return std::nullopt;
  }
  std::optional<Timestamp> optional_time(std::string_view name) {
    const auto read = optional_text(name);
    if (!read) return std::nullopt;
    const auto at = parse_timestamp(*read);
    if (!at) note(name);
    return at;
  }
  std::size_t count(std::string_view name) {
    const json::value* member = object_.if_contains(name);
    if (member != nullptr && member->is_int64() && member->get_int64() >= 0) {
      return static_cast<std::size_t>(member->get_int64());
    }
    note(name);
    return 0;
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> all;
    const json::value* member = object_.if_contains(name);
    if (member == nullptr || !member->is_array()) {
      note(name);
      return all;
    }
    for (const json::value& item : member->get_array()) {
      if (item.is_string()) {
        all.emplace_back(item.get_string());
      } else {
        note(name);
      }
    }
    return all;
  }
  std::map<std::string, std::string> text_map(std::string_view name) {
    std::map<std::string, std::string> all;
    const json::value* member = object_.if_contains(name);
    if (member == nullptr || !member->is_object()) return all;
    for (const auto& [key, value] : member->get_object()) {
      if (value.is_string()) all.emplace(key, value.get_string());
    }
    return all;
  }
  const std::string& first_problem() const { return problem_; }

 private:
  void note(std::string_view name) {
    if (problem_.empty()) problem_ = name;
  }
  const json::object& object_;
  std::string problem_;
};

json::object to_object(const std::map<std::string, std::string>& texts) {
  json::object object;
  for (const auto& [key, value] : texts) object.emplace(key, value);
  return object;
}

json::array to_array(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

}  // namespace

json::object to_json(const ChunkMetadata& metadata) {
  json::object object{
      {"payload_id", metadata.article.id.value()},
      {"source", metadata.source},
      {"content_type", "article"},
      {"doc_title", metadata.title},
      {"title", metadata.title},
      {"author", optional_string(metadata.author)},
      {"categories", to_array(metadata.categories)},
      {"status", "published"},
      {"published_date", optional_time(metadata.published_at)},
      {"slug", optional_string(metadata.slug)},
      {"locale", metadata.article.locale},
  };
  if (!metadata.title.empty()) object.emplace("doc_title_hierarchical", metadata.title);
  if (metadata.section) object.emplace("section_title", *metadata.section);
  if (metadata.subsection) object.emplace("subsection_title", *metadata.subsection);
  if (metadata.subsubsection) object.emplace("subsubsection_title", *metadata.subsubsection);
  object.emplace("chunk_type", type_name(metadata.type));
  object.emplace("content_length", static_cast<std::int64_t>(metadata.content_length));
  object.emplace("chunk_index", static_cast<std::int64_t>(metadata.index));
  object.emplace("is_title_chunk", metadata.is_title_chunk);
  for (const auto& [key, value] : metadata.extra) object.emplace(key, value);
  return object;
}

Result<ChunkMetadata> chunk_metadata_from_json(const json::object& object) {
  Reader read(object);
  ChunkMetadata metadata;
  metadata.article.id = ArticleId(read.text("payload_id"));
  metadata.article.locale = read.text("locale");
  metadata.source = read.text("source");
  metadata.title = read.text("doc_title");
  metadata.author = read.optional_text("author");
  metadata.categories = read.texts("categories");
  metadata.published_at = read.optional_time("published_date");
  metadata.slug = read.optional_text("slug");
  metadata.section = read.optional_text("section_title");
  metadata.subsection = read.optional_text("subsection_title");
  metadata.subsubsection = read.optional_text("subsubsection_title");
  const std::string type = read.text("chunk_type");
  metadata.type = type == "section" ? ChunkType::kSection
                  : type == "text"  ? ChunkType::kText
                                    : ChunkType::kTitleSummary;
  metadata.content_length = read.count("content_length");
  metadata.index = read.count("chunk_index");
  const json::value* is_title = object.if_contains("is_title_chunk");
  metadata.is_title_chunk = is_title != nullptr && is_title->is_bool() && is_title->get_bool();
  const json::object known = to_json(metadata);
  for (const auto& [key, value] : object) {
    if (value.is_string() && !known.contains(key)) metadata.extra.emplace(key, value.get_string());
  }
  if (!read.first_problem().empty()) {
    return fail(ErrorKind::kCorrupt,
                "chunk metadata: member '" + read.first_problem() + "' is missing or has the wrong type",
                metadata.article.id.value());
  }
  return metadata;
}

json::object to_json(const Article& article) {
  return json::object{
      {"id", article.key.id.value()},
      {"locale", article.key.locale},
      {"title", article.title},
      {"markdown", article.markdown},
      {"created_at", optional_time(article.created_at)},
      {"updated_at", optional_time(article.updated_at)},
      {"published_at", optional_time(article.published_at)},
      {"author", optional_string(article.author)},
      {"categories", to_array(article.categories)},
      {"slug", optional_string(article.slug)},
      {"source", article.source},
      {"extra", to_object(article.extra)},
  };
}

Result<Article> article_from_json(const json::object& object) {
  Reader read(object);
  Article article;
  article.key.id = ArticleId(read.text("id"));
  article.key.locale = read.text("locale");
  article.title = read.text("title");
  article.markdown = read.text("markdown");
  article.created_at = read.optional_time("created_at");
  article.updated_at = read.optional_time("updated_at");
  article.published_at = read.optional_time("published_at");
  article.author = read.optional_text("author");
  article.categories = read.texts("categories");
  article.slug = read.optional_text("slug");
  article.source = read.text("source");
  article.extra = read.text_map("extra");
  if (!read.first_problem().empty()) {
    return fail(ErrorKind::kCorrupt,
                "journalled article: member '" + read.first_problem() + "' is missing or has the wrong type",
                article.key.id.value());
  }
  return article;
}

}  // namespace wellspring::model
