#include "sync/cms_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/limits.hpp"
#include "model/article.hpp"
#include "net/url.hpp"
#include "sync/article_fields.hpp"
#include "sync/json_text.hpp"

namespace wellspring::sync {
namespace {

namespace json = boost::json;

Error no_list(std::string why) {
  return fail(ErrorKind::kUpstream,
              fmt::format("list of the CMS: {}; check cms.url, cms.collection and cms.api_key", why));
}

std::optional<CmsEntry> read_entry(const json::value& value) {
  const json::object* doc = value.if_object();
  const json::value* id_value = doc == nullptr ? nullptr : doc->if_contains("id");
  auto id = id_value == nullptr ? std::nullopt : read_id(*id_value);
  if (!id || id->size() > limits::kArticleIdBytes) return std::nullopt;
  CmsEntry entry{.id = ArticleId(std::move(*id))};
  if (const json::value* time = doc->if_contains("updatedAt")) entry.updated_at = read_time(*time);
  const json::value* status = doc->if_contains("status");
  const auto text = status == nullptr ? std::nullopt : read_text(*status);
  if (text == "draft") {
    entry.status = CmsStatus::kDraft;
  } else if (text != "published" || !entry.updated_at) {
    entry.status = CmsStatus::kUnreadable;
  }
  const json::value* title = doc->if_contains("title");
  entry.titled = title != nullptr && title->is_string();
  return entry;
}

std::string locale_query(const CmsLocale& locale) {
  if (!locale.named) return "";
  return "&locale=" + net::percent_encode(locale.name) + (locale.primary ? "" : "&fallback-locale=none");
}

}  // namespace

std::vector<CmsLocale> cms_locales(const std::vector<std::string>& names, const std::string& ours) {
  if (names.empty()) return {{.name = ours, .named = false, .primary = true}};
  std::vector<CmsLocale> locales;
  for (const std::string& name : names)
    locales.push_back({.name = name, .named = true, .primary = locales.empty()});
  return locales;
}

std::string listing_target(std::string_view collection, const CmsLocale& locale, std::size_t page_size,
                           std::size_t page) {
  // select[updatedAt]=true and so on, with the brackets escaped.
  return fmt::format(
      "/api/{}?depth=0&sort=id&limit={}&page={}&select%5BupdatedAt%5D=true&select%5Bstatus%5D=true{}{}",
      net::percent_encode(collection), page_size, page, locale.primary ? "" : "&select%5Btitle%5D=true",
      locale_query(locale));
}

std::string document_target(std::string_view collection, const CmsLocale& locale, const ArticleId& id) {
  return fmt::format("/api/{}/{}?depth=0{}", net::percent_encode(collection), net::percent_encode(id.value()),
                     locale_query(locale));
}

Result<CmsPage> parse_cms_page(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return no_list(parsed.error().message);
  const json::object* object = parsed->if_object();
  const json::value* docs = object == nullptr ? nullptr : object->if_contains("docs");
  const json::value* next = object == nullptr ? nullptr : object->if_contains("hasNextPage");
  if (docs == nullptr || !docs->is_array()) return no_list("the answer has no array 'docs'");
  // Without it nobody could tell the last page from one that was cut.
  if (next == nullptr || !next->is_bool()) return no_list("the answer has no boolean 'hasNextPage'");
  CmsPage page;
  page.has_next = next->get_bool();
  if (const json::value* total = object->if_contains("totalDocs"); total != nullptr && total->is_int64())
    page.total = static_cast<std::size_t>(std::max<std::int64_t>(0, total->get_int64()));
  for (const json::value& doc : docs->get_array()) {
    auto entry = read_entry(doc);
    if (!entry)
      return no_list(fmt::format("document {} of the page has no usable id", page.entries.size() + 1));
    page.entries.push_back(std::move(*entry));
  }
  return page;
}

Result<CmsEntry> parse_cms_entry(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return no_list(parsed.error().message);
  auto entry = read_entry(*parsed);
  if (!entry) return no_list("the document has no usable id");
  return std::move(*entry);
}

}  // namespace wellspring::sync
