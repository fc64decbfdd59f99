#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "store/article_store.hpp"
#include "sync/cms_listing.hpp"

namespace wellspring::sync {

/// How the store may differ from the CMS.
enum class Drift {
  kMissing,      ///< published there, not here
  kStale,        ///< newer there
  kUnpublished,  ///< a draft there, served here
  kDeleted,      ///< not there, served here
};

constexpr std::string_view name(Drift kind) {
  switch (kind) {
    case Drift::kMissing:
      return "missing";
    case Drift::kStale:
      return "stale";
    case Drift::kUnpublished:
      return "unpublished";
    case Drift::kDeleted:
      return "deleted";
  }
  return "missing";
}

struct Difference {
  Drift kind = Drift::kMissing;
  ArticleId id;
  std::string locale;               ///< empty for removals, which are for all locales
  std::optional<Timestamp> cms{};   ///< `updatedAt` there
  std::optional<Timestamp> held{};  ///< the newest here
};

/// When removals look like a fault of the CMS or of its access rules rather than like an editor's work.
struct RemovalRule {
  std::size_t always = 10;   ///< so many are believed, unless the list is empty
  double share_max = 0.25;   ///< of the articles held; more wait for a person
  bool remove_many = false;  ///< that person has spoken
};

struct Removals {
  std::vector<Difference> list;
  std::string held_back;  ///< why none of them may be done now; empty when they may
};

/// Compares what is stored from the CMS with what the CMS lists, page by page. First hold() everything
/// stored, then begin_listing() and see() for each locale, the primary one first. Pages may shift between two
/// requests: what comes twice counts once, and what never came is a removal only after it was asked for by
/// its id. Pure.
class SweepDiff {
 public:
  /// Articles stored at or after `began` are never removed.
  SweepDiff(Timestamp began, std::size_t articles_max) : began_(began), articles_max_(articles_max) {}

  /// kTooLarge beyond `articles_max`.
  Result<void> hold(const store::StoredRevision& revision);
  void begin_listing() { ++listing_; }
  /// What to publish from this page. kUpstream when a page brings nothing new, as a list without end does;
  /// kTooLarge beyond `articles_max`.
  Result<std::vector<Difference>> see(const CmsLocale& locale, std::span<const CmsEntry> entries);
  /// After the last page of the primary listing. `total` is what the CMS counts.
  Removals removals(std::optional<std::size_t> total, const RemovalRule& rule) const;

  std::size_t held() const { return held_; }      ///< articles
  std::size_t listed() const { return listed_; }  ///< documents of the primary listing
  std::size_t unreadable() const { return unreadable_; }

 private:
  struct Article {
    std::map<std::string, std::optional<Timestamp>> locales;  ///< of the revisions held
    bool stored_lately = false;
    bool draft = false;
    std::optional<Timestamp> draft_at;
    int seen_in = 0;  ///< the last listing that had it

    std::optional<Timestamp> newest() const;
  };
  Result<Article*> article(const ArticleId& id);

  const Timestamp began_;
  const std::size_t articles_max_;
  std::unordered_map<ArticleId, Article> articles_;  ///< held or listed
  int listing_ = 0;
  std::size_t held_ = 0;
  std::size_t listed_ = 0;
  std::size_t unreadable_ = 0;
};

}  // namespace wellspring::sync
