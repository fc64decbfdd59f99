#pragma once

#include <map>
#include <tuple>

#include "base/mutex.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"

namespace wellspring::store {

/// The ports in memory, for tests and as the model that durable adapters are compared with. Thread-safe.
class MemoryArticles final : public ArticleStore {
 public:
  Result<std::optional<StoredRevision>> find(const model::ArticleKey& key) override;
  Result<std::vector<StoredRevision>> find_all(const ArticleId& id) override;
  Result<std::vector<model::EmbeddedChunk>> chunks(const model::ArticleKey& key) override;
  Result<void> publish(const Revision& revision, Timestamp now) override;
  Result<void> remove(const ArticleId& id, std::optional<Timestamp> tombstone, Timestamp now) override;
  Result<std::vector<StoredRevision>> list(const std::string& source, std::size_t offset,
                                           std::size_t limit) override;
  Result<void> for_each(
      const std::string& embedding_model,
      const std::function<Result<void>(const model::ArticleKey&, std::vector<model::EmbeddedChunk>&&)>& visit)
      override;
  Result<StoreCounts> counts() override;

 private:
  struct Live {
    StoredRevision stored;
    Revision revision;
  };
  Mutex mutex_;
  std::map<model::ArticleKey, Live> live_ WELLSPRING_GUARDED_BY(mutex_);
  std::map<ArticleId, StoredRevision> tombstones_ WELLSPRING_GUARDED_BY(mutex_);
};

class MemoryJournal : public JobJournal {
 public:
  Result<std::vector<Appended>> append(std::span<const model::NewJob> jobs, Timestamp now) override;
  Result<std::optional<model::Job>> claim(Timestamp now) override;
  Result<void> finish(JobId id, model::JobOutcome outcome, Timestamp now) override;
  Result<void> fail_attempt(JobId id, const std::string& error, std::optional<Timestamp> retry_at,
                            Timestamp now) override;
  Result<void> retry(JobId id) override;
  Result<std::size_t> recover() override;
  Result<std::optional<model::Job>> find(JobId id) override;
  Result<std::vector<model::Job>> list(const JobFilter& filter, std::size_t offset,
                                       std::size_t limit) override;
  Result<std::map<model::JobState, std::size_t>> counts(const JobFilter& filter = {}) override;
  Backlog backlog() override;
  Result<std::optional<Timestamp>> next_due() override;
  Result<std::optional<Timestamp>> greatest_updated_at(const ArticleId& id) override;
  Result<std::size_t> prune(Timestamp before, std::size_t limit) override;

 private:
  bool may_run(const model::Job& job) const WELLSPRING_REQUIRES(mutex_);
  Result<model::Job*> require_state(JobId id, model::JobState wanted) WELLSPRING_REQUIRES(mutex_);

  Mutex mutex_;
  std::map<JobId, model::Job> jobs_ WELLSPRING_GUARDED_BY(mutex_);
  std::map<ArticleId, Timestamp> greatest_ WELLSPRING_GUARDED_BY(mutex_);
  std::int64_t last_id_ WELLSPRING_GUARDED_BY(mutex_) = 0;
};

}  // namespace wellspring::store
