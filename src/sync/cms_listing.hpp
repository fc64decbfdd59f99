#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/article.hpp"

/// The REST API of Payload CMS as far as a sweep asks it: lists of ids, times and states, and one document.
namespace wellspring::sync {

/// One locale of the CMS and how to ask for it.
struct CmsLocale {
  std::string name;     ///< as stored here
  bool named = true;    ///< false: the CMS is not localised, or its default is meant
  bool primary = true;  ///< the CMS's default locale, where every document has its title
};

/// The first of `names` is the CMS's default locale. Without names there is one locale, which we call `ours`.
std::vector<CmsLocale> cms_locales(const std::vector<std::string>& names,
                                   const std::string& ours = model::kDefaultLocale);

/// Path and query of a page of the list, sorted by id so that what is added while we read comes last. Only
/// what a sweep compares is selected; a CMS that does not know `select` sends whole documents.
std::string listing_target(std::string_view collection, const CmsLocale& locale, std::size_t page_size,
                           std::size_t page);
std::string document_target(std::string_view collection, const CmsLocale& locale, const ArticleId& id);

enum class CmsStatus {
  kPublished,
  kDraft,
  kUnreadable,  ///< it exists, but its state or time makes no sense
};

/// What the list says of one document.
struct CmsEntry {
  ArticleId id;
  CmsStatus status = CmsStatus::kPublished;
  std::optional<Timestamp> updated_at{};  ///< always there when published
  bool titled = false;  ///< a title came with it; elsewhere than in the primary locale: it is translated
};

struct CmsPage {
  std::vector<CmsEntry> entries;
  std::optional<std::size_t> total;  ///< documents on all pages
  bool has_next = false;
};

/// Reads one page. kUpstream when it is no list, and for a document without an id: what it stands for could
/// not be told from a document that is missing. Pure; takes milliseconds for a megabyte.
Result<CmsPage> parse_cms_page(std::string_view body);
/// Reads the answer to document_target() as an entry.
Result<CmsEntry> parse_cms_entry(std::string_view body);

}  // namespace wellspring::sync
