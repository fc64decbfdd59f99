#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/language_tag.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "sync/article_fields.hpp"
#include "sync/json_text.hpp"
#include "sync/payload.hpp"

namespace wellspring::sync {
namespace {

namespace json = boost::json;

/// Reads members and remembers the first one that is wrong.
class RowReader {
 public:
  explicit RowReader(const json::object& row) : row_(row) {}

  const std::optional<std::string>& problem() const { return problem_; }

  std::string id() {
    const json::value* value = row_.if_contains("id");
    auto id = value == nullptr ? std::nullopt : read_id(*value);
    if (!id) note("id", "should be a non-empty string or a whole number");
    if (id && id->size() > limits::kArticleIdBytes)
      note("id", fmt::format("has {} bytes, {} are allowed", id->size(), limits::kArticleIdBytes));
    return id.value_or("");
  }
  std::string text(std::string_view name) {
    const auto text = optional_text(name, limits::kSyncBodyBytes);
    if (!text) note(name, "should be a string");
    return text.value_or("");
  }
  std::optional<std::string> optional_text(std::string_view name, std::size_t bytes_max) {
    const json::value* value = row_.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    auto text = read_text(*value);
    if (!text) note(name, "should be a string");
    if (text && text->size() > bytes_max)
      note(name, fmt::format("has {} bytes, {} are allowed", text->size(), bytes_max));
    return text;
  }
  std::optional<Timestamp> optional_time(std::string_view name) {
    const json::value* value = row_.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto at = read_time(*value);
    if (!at) note(name, "should be an ISO 8601 date or a number of seconds since 1970");
    return at;
  }
  std::string locale(std::string_view otherwise) {
    const auto own = optional_text("locale", limits::kLocaleBytes);
    const auto tag = normal_language_tag(own ? std::string_view(*own) : otherwise);
    if (!tag) note("locale", "should be a language tag such as 'en' or 'fr-CA'");
    return tag.value_or(model::kDefaultLocale);
  }
  bool flag(std::string_view name) {
    const json::value* value = row_.if_contains(name);
    if (value == nullptr || value->is_null()) return false;
    if (!value->is_bool()) note(name, "should be true or false");
    return value->is_bool() && value->get_bool();
  }
  std::map<std::string, std::string> texts(std::string_view name) {
    std::map<std::string, std::string> all;
    const json::value* value = row_.if_contains(name);
    if (value == nullptr || value->is_null()) return all;
    const json::object* object = value->if_object();
    if (object == nullptr) {
      note(name, "should be an object of strings");
      return all;
    }
    for (const auto& [key, item] : *object) {
      const auto text = read_text(item);
      if (!text) note(fmt::format("{}.{}", name, std::string_view(key)), "should be a string");
      all.emplace(sanitize_utf8(key), text.value_or(""));
    }
    return all;
  }

 private:
  void note(std::string_view name, std::string_view message) {
    if (!problem_) problem_ = fmt::format("'{}' {}", name, message);
  }

  const json::object& row_;
  std::optional<std::string> problem_;
};

}  // namespace

Result<model::NewJob> parse_import_row(std::string_view row, std::string_view default_locale) {
  auto parsed = parse_json(row);
  if (!parsed) return fail(parsed.error().kind, "import row refused: " + parsed.error().message);
  const json::object* object = parsed->if_object();
  if (object == nullptr)
    return fail(ErrorKind::kInvalidArgument, "import row refused: it is not a JSON object");
  RowReader read(*object);
  model::NewJob job;
  job.priority = model::JobPriority::kImport;
  job.kind = read.flag("deleted") ? model::JobKind::kDelete : model::JobKind::kPublish;
  model::Article& article = job.article;
  article.source = "import";
  article.key = {ArticleId(read.id()), read.locale(default_locale)};
  article.title = read.optional_text("title", limits::kTitleBytes).value_or("");
  article.updated_at = read.optional_time("updated_at");
  if (job.kind == model::JobKind::kPublish) {
    article.markdown = read.text("text");
    article.slug = read.optional_text("slug", limits::kTitleBytes);
    article.extra = read.texts("metadata");
  }
  if (read.problem()) {
    return fail(ErrorKind::kInvalidArgument, "import row refused: " + *read.problem(),
                article.key.id.value());
  }
  return job;
}

}  // namespace wellspring::sync
