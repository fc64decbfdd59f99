#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/timestamp.hpp"

namespace wellspring::model {

inline constexpr const char* kDefaultLocale = "en";

/// Names one stored revision line: an article in one locale.
struct ArticleKey {
  ArticleId id;
  std::string locale = kDefaultLocale;
  auto operator<=>(const ArticleKey&) const = default;
};

/// One published state of an article, as the CMS or an import sent it. All text is well-formed UTF-8 without
/// NUL.
struct Article {
  ArticleKey key;
  std::string title;
  std::string markdown;  ///< without front matter; may be empty
  std::optional<Timestamp> created_at;
  std::optional<Timestamp> updated_at;  ///< orders revisions; absent for undated imports
  std::optional<Timestamp> published_at;
  std::optional<std::string> author;
  std::vector<std::string> categories;
  std::optional<std::string> slug;
  std::string source = "payload";            ///< "payload" for the CMS, "import" for files
  std::map<std::string, std::string> extra;  ///< front matter of imported files (tags, url, ...)
};

/// Bytes of the text that an article carries, which is what grows without its number growing.
inline std::size_t text_bytes(const Article& article) {
  std::size_t bytes = article.title.size() + article.markdown.size();
  for (const auto& [key, value] : article.extra) bytes += key.size() + value.size();
  return bytes;
}

}  // namespace wellspring::model

template <>
struct std::hash<wellspring::model::ArticleKey> {
  std::size_t operator()(const wellspring::model::ArticleKey& key) const noexcept {
    return std::hash<std::string>{}(key.id.value()) * 31 + std::hash<std::string>{}(key.locale);
  }
};
