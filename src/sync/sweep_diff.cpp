#include "sync/sweep_diff.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wellspring::sync {

std::optional<Timestamp> SweepDiff::Article::newest() const {
  std::optional<Timestamp> newest;  // an empty optional is less than any time
  for (const auto& [locale, updated_at] : locales) newest = std::max(newest, updated_at);
  return newest;
}

Result<SweepDiff::Article*> SweepDiff::article(const ArticleId& id) {
  if (const auto found = articles_.find(id); found != articles_.end()) return &found->second;
  if (articles_.size() >= articles_max_) {
    return fail(
        ErrorKind::kTooLarge,
        fmt::format("reconcile: more than {} articles in store and CMS together; a sweep keeps all their "
                    "ids in memory and goes no further",
                    articles_max_));
  }
  return &articles_[id];
}

Result<void> SweepDiff::hold(const store::StoredRevision& revision) {
  const auto found = article(revision.key.id);
  if (!found) return found.error();
  Article& held = **found;
  if (held.locales.empty()) ++held_;
  held.locales[revision.key.locale] = revision.updated_at;
  held.stored_lately = held.stored_lately || revision.stored_at >= began_;
  return {};
}

Result<std::vector<Difference>> SweepDiff::see(const CmsLocale& locale, std::span<const CmsEntry> entries) {
  std::vector<Difference> to_publish;
  std::size_t fresh = 0;
  for (const CmsEntry& entry : entries) {
    const auto found = article(entry.id);
    if (!found) return found.error();
    Article& known = **found;
    const bool repeated = known.seen_in == listing_;
    known.seen_in = listing_;
    if (!repeated) ++fresh;
    if (locale.primary) {
      if (!repeated) {
        ++listed_;
        unreadable_ += entry.status == CmsStatus::kUnreadable;
      }
      // The state of a document is not localised; of two sights the later one counts.
      known.draft = entry.status == CmsStatus::kDraft;
      known.draft_at = entry.updated_at;
    }
    if (entry.status != CmsStatus::kPublished || repeated || (!locale.primary && !entry.titled)) continue;
    const auto own = known.locales.find(locale.name);
    if (own == known.locales.end()) {
      to_publish.push_back({Drift::kMissing, entry.id, locale.name, entry.updated_at, known.newest()});
    } else if (!own->second || *own->second < *entry.updated_at) {
      to_publish.push_back({Drift::kStale, entry.id, locale.name, entry.updated_at, own->second});
    }
  }
  if (!entries.empty() && fresh == 0) {
    return fail(
        ErrorKind::kUpstream,
        fmt::format("list of the CMS: a page of {} documents brings none that was not there before; does it "
                    "heed 'page' and 'sort'?",
                    entries.size()));
  }
  return to_publish;
}

Removals SweepDiff::removals(std::optional<std::size_t> total, const RemovalRule& rule) const {
  Removals removals;
  for (const auto& [id, known] : articles_) {
    if (known.locales.empty() || known.stored_lately) continue;
    const std::optional<Timestamp> newest = known.newest();
    if (known.seen_in == 0) {
      removals.list.push_back({Drift::kDeleted, id, "", std::nullopt, newest});
    } else if (known.draft && (!known.draft_at || !newest || *known.draft_at >= *newest)) {
      removals.list.push_back({Drift::kUnpublished, id, "", known.draft_at, newest});
    }
  }
  std::sort(removals.list.begin(), removals.list.end(),
            [](const Difference& a, const Difference& b) { return a.id < b.id; });
  if (removals.list.empty()) return removals;
  const auto allowed =
      std::max(rule.always, static_cast<std::size_t>(rule.share_max * static_cast<double>(held_)));
  if (total && listed_ < *total) {
    removals.held_back = fmt::format("the CMS counts {} documents and listed {}", *total, listed_);
  } else if (rule.remove_many) {
    return removals;
  } else if (listed_ == 0) {
    removals.held_back = fmt::format("the CMS lists no document at all and {} articles are held", held_);
  } else if (removals.list.size() > allowed) {
    removals.held_back = fmt::format("{} of {} articles would go, {} go without being asked for",
                                     removals.list.size(), held_, allowed);
  }
  return removals;
}

}  // namespace wellspring::sync
