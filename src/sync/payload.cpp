#include "sync/payload.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/language_tag.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "sync/article_fields.hpp"
#include "sync/json_text.hpp"
#include "text/lexical.hpp"

namespace wellspring::sync {
namespace {

namespace json = boost::json;
using model::Article;
using model::JobKind;

constexpr std::size_t kOperationBytes = 64;

/// The member, or null when it is absent or null itself: the CMS writes both for "not set".
const json::value* member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<Timestamp> optional_time(const json::object& doc, std::string_view name) {
  const json::value* value = member(doc, name);
  return value == nullptr ? std::nullopt : read_time(*value);
}

/// Reads one document and collects everything that is wrong with it.
class DocumentReader {
 public:
  explicit DocumentReader(const json::object& doc) : doc_(doc) {}

  std::vector<FieldProblem>& problems() { return problems_; }
  void problem(std::string type, std::string_view name, std::string message) {
    problems_.push_back({std::move(type), {std::string(name)}, std::move(message)});
  }

  ArticleId id() {
    const json::value* value = member(doc_, "id");
    if (value == nullptr) {
      problem("missing", "id", "Field required");
      return {};
    }
    auto id = read_id(*value);
    if (!id) {
      problem("string_type", "id", "Input should be a non-empty string or a whole number");
    } else if (id->size() > limits::kArticleIdBytes) {
      problem(
          "string_too_long", "id",
          fmt::format("Input should have at most {} bytes, it has {}", limits::kArticleIdBytes, id->size()));
    } else {
      return ArticleId(std::move(*id));
    }
    return {};
  }

  bool published() {
    const json::value* value = member(doc_, "status");
    if (value == nullptr) {
      problem("missing", "status", "Field required");
      return true;
    }
    const json::string* status = value->if_string();
    if (status != nullptr && *status == "draft") return false;
    if (status == nullptr || *status != "published") {
      problem("literal_error", "status", "Input should be 'draft' or 'published'");
    }
    return true;
  }

  std::string title() {
    const json::value* value = doc_.if_contains("title");
    if (value == nullptr) {
      problem("missing", "title", "Field required");
      return {};
    }
    auto title = read_text(*value);
    if (!title) {
      problem("string_type", "title", "Input should be a valid string");
    } else if (title->size() > limits::kTitleBytes) {
      problem(
          "string_too_long", "title",
          fmt::format("Input should have at most {} bytes, it has {}", limits::kTitleBytes, title->size()));
    } else {
      return std::move(*title);
    }
    return {};
  }

  std::optional<Timestamp> time(std::string_view name) {
    const json::value* value = member(doc_, name);
    if (value == nullptr) return std::nullopt;
    auto at = read_time(*value);
    if (!at)
      problem("datetime_parsing", name, "Input should be an ISO 8601 date or a number of seconds since 1970");
    return at;
  }

  std::optional<Timestamp> required_time(std::string_view name) {
    if (member(doc_, name) == nullptr) problem("missing", name, "Field required");
    return time(name);
  }

  /// `markdown` as the CMS computed it; the converter's result from `content` when it computed none.
  std::string markdown() {
    const json::value* value = member(doc_, "markdown");
    std::optional<std::string> sent = value == nullptr ? std::nullopt : read_text(*value);
    if (value != nullptr && !sent) {
      problem("string_type", "markdown", "Input should be a valid string");
      return {};
    }
    const json::value* content = member(doc_, "content");
    if (content == nullptr || (sent && !sent->empty())) return sent.value_or("");
    auto converted = text::lexical_to_markdown(*content);
    if (converted) return sanitize_utf8(*converted);
    if (!sent) problem("lexical_type", "content", converted.error().message);
    return {};
  }

  std::vector<std::string> categories() {
    const json::value* value = member(doc_, "category");
    const json::array* items = value == nullptr ? nullptr : value->if_array();
    std::vector<std::string> ids;
    if (items == nullptr) return ids;
    for (const json::value& item : *items) {
      auto id = read_relation(item);
      if (id && id->size() <= limits::kArticleIdBytes) ids.push_back(std::move(*id));
    }
    if (ids.size() > limits::kCategories) {
      problem("too_long", "category",
              fmt::format("Input should have at most {} items, it has {}", limits::kCategories, ids.size()));
    }
    return ids;
  }

  /// A short text that only decorates; anything else is dropped.
  std::optional<std::string> decoration(std::string_view name,
                                        std::optional<std::string> (*read)(const json::value&)) const {
    const json::value* value = member(doc_, name);
    auto text = value == nullptr ? std::nullopt : read(*value);
    return text && text->size() <= limits::kTitleBytes ? text : std::nullopt;
  }

 private:
  const json::object& doc_;
  std::vector<FieldProblem> problems_;
};

PayloadRefusal refuse(std::vector<FieldProblem> problems, const ArticleId& id = {}) {
  const FieldProblem& first = problems.front();
  return {fail(ErrorKind::kInvalidArgument,
               fmt::format("webhook refused: '{}': {} ({} problems in all)", fmt::join(first.loc, "."),
                           first.message, problems.size()),
               id.value()),
          std::move(problems)};
}

PayloadRefusal refuse_body(Error error) {
  error.message = "webhook refused: " + error.message;
  return {std::move(error), {}};
}

/// The title for lists of jobs, when it is usable.
Article removed_article(const json::object& doc, DocumentReader& read) {
  Article article;
  article.key.id = read.id();
  article.updated_at = optional_time(doc, "updatedAt");
  article.title = read.decoration("title", &read_text).value_or("");
  return article;
}

Article published_article(const json::object& doc, DocumentReader& read, std::string_view locale) {
  Article article;
  article.key.id = read.id();
  if (auto tag = normal_language_tag(locale.empty() ? model::kDefaultLocale : locale)) {
    article.key.locale = std::move(*tag);
  } else {
    read.problem("locale", "locale", "Input should be a language tag such as 'en' or 'fr-CA'");
  }
  article.title = read.title();
  article.created_at = read.time("createdAt");
  article.updated_at = read.required_time("updatedAt");
  article.markdown = read.markdown();
  article.categories = read.categories();
  article.author = read.decoration("author", &read_relation);
  article.slug = read.decoration("slug", &read_text);
  article.published_at = optional_time(doc, "publishedDate");
  return article;
}

/// Contract D16: the body's own `locale` member, else the one of the hook's URL. A member that is no text is
/// a problem: taken for absent, it would let a translation replace the article in the default locale.
std::string locale_of(const json::object& body, std::string_view otherwise, DocumentReader& read) {
  const json::value* own = member(body, "locale");
  if (own == nullptr) return std::string(otherwise);
  const json::string* text = own->if_string();
  if (text == nullptr) read.problem("string_type", "locale", "Input should be a valid string");
  return std::string(text == nullptr || text->empty() ? otherwise : std::string_view(*text));
}

JobKind kind_of(const std::string& operation, DocumentReader& read) {
  if (operation == "delete") return JobKind::kDelete;
  if (operation == "unpublish") return JobKind::kUnpublish;
  return read.published() ? JobKind::kPublish : JobKind::kUnpublish;
}

PayloadResult read_event(const json::object& body, std::string_view locale) {
  PayloadEvent event;
  event.operation = "update";
  if (const json::value* operation = member(body, "operation")) {
    const auto text = read_text(*operation);
    if (!text || text->size() > kOperationBytes) {
      return refuse({{"string_type", {"operation"}, "Input should be 'create', 'update' or 'delete'"}});
    }
    event.operation = *text;
  }
  const json::value* doc_value = body.if_contains("doc");
  if (doc_value == nullptr) return refuse({{"missing", {"doc"}, "Field required"}});
  const json::object* doc = doc_value->if_object();
  if (doc == nullptr) return refuse({{"dict_type", {"doc"}, "Input should be a valid object"}});

  DocumentReader read(*doc);
  event.job.kind = kind_of(event.operation, read);
  event.published = event.job.kind == JobKind::kPublish;
  event.job.article = event.published ? published_article(*doc, read, locale_of(body, locale, read))
                                      : removed_article(*doc, read);
  if (!read.problems().empty()) return refuse(std::move(read.problems()), event.job.article.key.id);
  return event;
}

}  // namespace

void throw_exception_from_error(const PayloadRefusal& refusal, const boost::source_location&) {
  throw Failure(refusal.error);
}

PayloadResult parse_payload(std::string_view body, std::string_view locale) {
  auto parsed = parse_json(body);
  if (!parsed) return refuse_body(parsed.error());
  const json::object* object = parsed->if_object();
  if (object == nullptr)
    return refuse_body(fail(ErrorKind::kInvalidArgument, "the body is not a JSON object"));
  return read_event(*object, locale);
}

}  // namespace wellspring::sync
