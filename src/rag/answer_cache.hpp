#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "model/article.hpp"
#include "model/query.hpp"
#include "obs/metrics.hpp"

namespace wellspring::rag {

struct AnswerCacheOptions {
  std::size_t entries_max = 1'000;
  std::size_t bytes_max = 32u << 20;  ///< of text, vectors and metadata together, estimated
  std::chrono::milliseconds ttl{std::chrono::hours{1}};
};

/// A whole answer with what it was made from.
struct CachedAnswer {
  model::Query query;            ///< of its retrieval
  std::vector<float> vector;     ///< the query's embedding
  std::vector<model::Hit> hits;  ///< all that the retrieval gave
  std::size_t sources = 0;       ///< how many of the hits, from the first, the reader was shown
  std::string text;
};

/// Finished answers by answer_key(), least recently used first to go. An entry says what it was made from and
/// which generation of the index is known to give just that; whether it holds today is for recall() to find
/// out. Entries with text of an article that changes are dropped by forget(). Thread-safe.
class AnswerCache {
 public:
  AnswerCache(const AnswerCacheOptions& options, obs::Metrics& metrics);

  struct Found {
    std::shared_ptr<const CachedAnswer> answer;  ///< null when there is none
    std::uint64_t generation = 0;                ///< of the index, the last that was found to give its hits
  };
  Found find(const std::string& key, SteadyTime now);

  /// Where forget() stands. Taken before the snapshot of an answer's retrieval and given to put().
  std::uint64_t changes() const;
  /// Keeps an answer that was made from a snapshot of `generation`. Nothing happens when it is too large, or
  /// when an article it has text of was, or may have been, forgotten after `changes_seen`.
  void put(const std::string& key, CachedAnswer answer, std::uint64_t generation, std::uint64_t changes_seen,
           SteadyTime now);
  /// What find() gave was found to hold in `generation` too. Nothing happens when it is gone meanwhile.
  void confirm(const std::string& key, const std::shared_ptr<const CachedAnswer>& seen,
               std::uint64_t generation);
  /// What find() gave does not hold any more.
  void drop(const std::string& key, const std::shared_ptr<const CachedAnswer>& seen);

  /// Drops what holds text of the article in this locale, or in any. Called after the index has changed and
  /// before the change is reported done. Returns how many answers were dropped.
  std::size_t forget(const model::ArticleKey& article);
  std::size_t forget(const ArticleId& article);

  struct Use {
    std::size_t entries = 0;
    std::size_t entries_max = 0;
    std::size_t bytes = 0;
  };
  Use use() const;

 private:
  struct Entry {
    std::string key;
    std::uint64_t number = 0;
    std::shared_ptr<const CachedAnswer> answer;
    std::uint64_t generation = 0;
    std::size_t bytes = 0;
    SteadyTime born{};
  };
  using Entries = std::list<Entry>;  // most recently used first
  struct Change {
    ArticleId id;
    std::optional<std::string> locale;  ///< none: all
  };

  static bool concerns(const Change& change, const CachedAnswer& answer);
  std::size_t forget(Change change);
  bool changed_since(std::uint64_t changes_seen, const CachedAnswer& answer) const
      WELLSPRING_REQUIRES(mutex_);
  void erase(Entries::iterator entry, const char* reason) WELLSPRING_REQUIRES(mutex_);
  void show_use() WELLSPRING_REQUIRES(mutex_);

  // Constant after construction, or thread-safe by itself.
  const AnswerCacheOptions options_;
  obs::Metrics& metrics_;

  mutable Mutex mutex_;
  Entries entries_ WELLSPRING_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Entries::iterator> by_key_ WELLSPRING_GUARDED_BY(mutex_);
  /// By article and the entry's number.
  std::map<std::pair<ArticleId, std::uint64_t>, Entries::iterator> by_article_ WELLSPRING_GUARDED_BY(mutex_);
  std::size_t bytes_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::uint64_t last_number_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::uint64_t changes_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::deque<Change> recent_ WELLSPRING_GUARDED_BY(mutex_);  ///< the last of the changes, oldest first
};

}  // namespace wellspring::rag
