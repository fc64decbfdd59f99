#include "rag/answer_cache.hpp"

#include <algorithm>
#include <set>

namespace wellspring::rag {
namespace {

// An answer whose retrieval lies further back is not kept. While one is written by a slow model, a few
// thousand imported articles may pass.
constexpr std::size_t kRecentChanges = 4'096;
constexpr std::size_t kEntryOverhead = 1'024;  // nodes, key and control blocks
constexpr std::size_t kHitOverhead = 512;      // a chunk's strings beside its text, rounded up

std::size_t size_of(const CachedAnswer& answer) {
  std::size_t bytes =
      kEntryOverhead + answer.text.size() + answer.query.text.size() + answer.vector.size() * sizeof(float);
  for (const model::Hit& hit : answer.hits) {
    bytes += kHitOverhead + hit.chunk->text.size() + hit.chunk->metadata.title.size();
    for (const auto& [key, value] : hit.chunk->metadata.extra) bytes += key.size() + value.size();
  }
  return bytes;
}

std::set<ArticleId> articles_of(const CachedAnswer& answer) {
  std::set<ArticleId> articles;
  for (const model::Hit& hit : answer.hits) articles.insert(hit.chunk->metadata.article.id);
  return articles;
}

}  // namespace

AnswerCache::AnswerCache(const AnswerCacheOptions& options, obs::Metrics& metrics)
    : options_(options), metrics_(metrics) {}

AnswerCache::Found AnswerCache::find(const std::string& key, SteadyTime now) {
  const MutexLock lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return {};
  const Entries::iterator entry = known->second;
  if (now - entry->born >= options_.ttl) {
    erase(entry, "expired");
    show_use();
    return {};
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return {entry->answer, entry->generation};
}

std::uint64_t AnswerCache::changes() const {
  const MutexLock lock(mutex_);
  return changes_;
}

void AnswerCache::put(const std::string& key, CachedAnswer answer, std::uint64_t generation,
                      std::uint64_t changes_seen, SteadyTime now) {
  const std::size_t bytes = size_of(answer);
  const auto kept = std::make_shared<const CachedAnswer>(std::move(answer));
  const MutexLock lock(mutex_);
  if (bytes > options_.bytes_max || options_.entries_max == 0 || changed_since(changes_seen, *kept)) return;
  if (const auto known = by_key_.find(key); known != by_key_.end()) erase(known->second, "replaced");
  while (entries_.size() >= options_.entries_max || bytes_ + bytes > options_.bytes_max)
    erase(std::prev(entries_.end()), "evicted");
  entries_.push_front({key, ++last_number_, kept, generation, bytes, now});
  by_key_.emplace(key, entries_.begin());
  for (const ArticleId& article : articles_of(*kept))
    by_article_.emplace(std::pair(article, last_number_), entries_.begin());
  bytes_ += bytes;
  show_use();
}

void AnswerCache::confirm(const std::string& key, const std::shared_ptr<const CachedAnswer>& seen,
                          std::uint64_t generation) {
  const MutexLock lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end() || known->second->answer != seen) return;
  known->second->generation = std::max(known->second->generation, generation);
}

void AnswerCache::drop(const std::string& key, const std::shared_ptr<const CachedAnswer>& seen) {
  const MutexLock lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end() || known->second->answer != seen) return;
  erase(known->second, "results");
  show_use();
}

std::size_t AnswerCache::forget(const model::ArticleKey& article) {
  return forget(Change{article.id, article.locale});
}

std::size_t AnswerCache::forget(const ArticleId& article) {
  return forget(Change{article, std::nullopt});
}

bool AnswerCache::concerns(const Change& change, const CachedAnswer& answer) {
  return std::ranges::any_of(answer.hits, [&](const model::Hit& hit) {
    const model::ArticleKey& article = hit.chunk->metadata.article;
    return article.id == change.id && (!change.locale || article.locale == *change.locale);
  });
}

std::size_t AnswerCache::forget(Change change) {
  const MutexLock lock(mutex_);
  // Found before any is erased: an entry takes its nodes under other articles away as well.
  std::vector<Entries::iterator> concerned;
  for (auto at = by_article_.lower_bound({change.id, 0});
       at != by_article_.end() && at->first.first == change.id; ++at) {
    if (concerns(change, *at->second->answer)) concerned.push_back(at->second);
  }
  for (const Entries::iterator entry : concerned) erase(entry, "article");
  ++changes_;
  recent_.push_back(std::move(change));
  if (recent_.size() > kRecentChanges) recent_.pop_front();
  if (!concerned.empty()) show_use();
  return concerned.size();
}

bool AnswerCache::changed_since(std::uint64_t changes_seen, const CachedAnswer& answer) const {
  const std::uint64_t missed = changes_ - changes_seen;
  if (missed > recent_.size()) return true;
  return std::any_of(recent_.end() - static_cast<std::ptrdiff_t>(missed), recent_.end(),
                     [&](const Change& change) { return concerns(change, answer); });
}

void AnswerCache::erase(Entries::iterator entry, const char* reason) {
  for (const ArticleId& article : articles_of(*entry->answer)) by_article_.erase({article, entry->number});
  by_key_.erase(entry->key);
  bytes_ -= entry->bytes;
  entries_.erase(entry);
  metrics_.count("wellspring_answer_cache_dropped_total", {{"reason", reason}});
}

AnswerCache::Use AnswerCache::use() const {
  const MutexLock lock(mutex_);
  return {entries_.size(), options_.entries_max, bytes_};
}

void AnswerCache::show_use() {
  metrics_.set("wellspring_answer_cache_entries", {}, static_cast<double>(entries_.size()));
  metrics_.set("wellspring_answer_cache_bytes", {}, static_cast<double>(bytes_));
}

}  // namespace wellspring::rag
