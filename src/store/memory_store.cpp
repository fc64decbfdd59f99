#include "store/memory_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wellspring::store {

using model::Job;
using model::JobState;

namespace {

bool passes(const JobFilter& filter, const Job& job) {
  return (!filter.state || job.state == *filter.state) &&
         (!filter.article || job.article.key.id == *filter.article) &&
         (!filter.first || job.id >= *filter.first) && (!filter.last || job.id <= *filter.last);
}

}  // namespace

Result<std::optional<StoredRevision>> MemoryArticles::find(const model::ArticleKey& key) {
  const MutexLock lock(mutex_);
  if (const auto live = live_.find(key); live != live_.end()) return live->second.stored;
  const auto tombstone = tombstones_.find(key.id);
  if (tombstone == tombstones_.end()) return std::optional<StoredRevision>{};
  StoredRevision stored = tombstone->second;
  stored.key = key;
  return stored;
}

Result<std::vector<StoredRevision>> MemoryArticles::find_all(const ArticleId& id) {
  const MutexLock lock(mutex_);
  std::vector<StoredRevision> all;
  for (const auto& [key, live] : live_) {
    if (key.id == id) all.push_back(live.stored);
  }
  if (const auto tombstone = tombstones_.find(id); tombstone != tombstones_.end())
    all.push_back(tombstone->second);
  return all;
}

Result<std::vector<model::EmbeddedChunk>> MemoryArticles::chunks(const model::ArticleKey& key) {
  const MutexLock lock(mutex_);
  const auto live = live_.find(key);
  return live == live_.end() ? std::vector<model::EmbeddedChunk>{} : live->second.revision.chunks;
}

Result<void> MemoryArticles::publish(const Revision& revision, Timestamp now) {
  if (auto fit = check(revision); !fit) return fit.error();
  const MutexLock lock(mutex_);
  Live& live = live_[revision.key];
  const std::optional<Timestamp> replaced = live.stored.updated_at;
  live.revision = revision;
  live.stored = {.key = revision.key,
                 .live = true,
                 .updated_at = revision.updated_at ? revision.updated_at : replaced,
                 .content_hash = revision.content_hash,
                 .title = revision.title,
                 .source = revision.source,
                 .chunk_count = revision.chunks.size(),
                 .stored_at = now,
                 .embedding_model = revision.embedding_model};
  return {};
}

Result<void> MemoryArticles::remove(const ArticleId& id, std::optional<Timestamp> tombstone, Timestamp now) {
  const MutexLock lock(mutex_);
  std::erase_if(live_, [&](const auto& entry) { return entry.first.id == id; });
  if (!tombstone) return {};
  StoredRevision& stored = tombstones_[id];
  stored.key = {id, ""};
  stored.updated_at = std::max(stored.updated_at, tombstone);
  stored.stored_at = now;
  return {};
}

Result<std::vector<StoredRevision>> MemoryArticles::list(const std::string& source, std::size_t offset,
                                                         std::size_t limit) {
  const MutexLock lock(mutex_);
  std::vector<StoredRevision> page;
  for (const auto& [key, live] : live_) {
    if (!source.empty() && live.stored.source != source) continue;
    if (offset > 0) {
      --offset;
    } else if (page.size() < limit) {
      page.push_back(live.stored);
    }
  }
  return page;
}

Result<void> MemoryArticles::for_each(
    const std::string& embedding_model,
    const std::function<Result<void>(const model::ArticleKey&, std::vector<model::EmbeddedChunk>&&)>& visit) {
  std::vector<Revision> revisions;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, live] : live_) revisions.push_back(live.revision);
  }
  for (Revision& revision : revisions) {
    if (revision.embedding_model != embedding_model) {
      for (model::EmbeddedChunk& chunk : revision.chunks) chunk.vector.clear();
    }
    if (auto visited = visit(revision.key, std::move(revision.chunks)); !visited) return visited.error();
  }
  return {};
}

Result<StoreCounts> MemoryArticles::counts() {
  const MutexLock lock(mutex_);
  StoreCounts counts{.articles = live_.size(), .chunks = 0};
  for (const auto& [key, live] : live_) counts.chunks += live.revision.chunks.size();
  return counts;
}

Result<std::vector<Appended>> MemoryJournal::append(std::span<const model::NewJob> jobs, Timestamp now) {
  const MutexLock lock(mutex_);
  std::vector<Appended> all;
  for (const model::NewJob& fresh : jobs) {
    const auto known = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
      return !fresh.delivery.empty() && entry.second.delivery == fresh.delivery;
    });
    if (known != jobs_.end()) {
      all.push_back({known->first, false});
      continue;
    }
    Job job;
    job.id = JobId(++last_id_);
    job.kind = fresh.kind;
    job.priority = fresh.priority;
    job.accepted_at = now;
    job.article = fresh.article;
    job.delivery = fresh.delivery;
    if (const auto at = fresh.article.updated_at) {
      const auto [entry, is_new] = greatest_.try_emplace(fresh.article.key.id, *at);
      if (!is_new) entry->second = std::max(entry->second, *at);
    }
    all.push_back({job.id});
    jobs_.emplace(job.id, std::move(job));
  }
  return all;
}

bool MemoryJournal::may_run(const Job& job) const {
  if (job.state != JobState::kQueued) return false;
  return std::none_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    const Job& other = entry.second;
    const bool older_waits = other.state == JobState::kQueued && other.id < job.id;
    return other.article.key.id == job.article.key.id && (older_waits || other.state == JobState::kRunning);
  });
}

Result<std::optional<Job>> MemoryJournal::claim(Timestamp now) {
  const MutexLock lock(mutex_);
  Job* next = nullptr;
  for (auto& [id, job] : jobs_) {
    const bool better = next == nullptr || job.priority < next->priority;
    if (better && (!job.not_before || *job.not_before <= now) && may_run(job)) next = &job;
  }
  if (next == nullptr) return std::optional<Job>{};
  next->state = JobState::kRunning;
  next->not_before.reset();
  ++next->attempts;
  return *next;
}

Result<Job*> MemoryJournal::require_state(JobId id, JobState wanted) {
  const auto entry = jobs_.find(id);
  if (entry == jobs_.end()) return fail(ErrorKind::kNotFound, fmt::format("there is no job {}", id.value()));
  Job& job = entry->second;
  if (job.state != wanted) {
    return fail(ErrorKind::kConflict,
                fmt::format("job {} is {}, not {}", id.value(), name(job.state), name(wanted)));
  }
  return &job;
}

Result<void> MemoryJournal::finish(JobId id, model::JobOutcome outcome, Timestamp now) {
  const MutexLock lock(mutex_);
  const auto job = require_state(id, JobState::kRunning);
  if (!job) return job.error();
  model::Article& article = (*job)->article;
  (*job)->state = JobState::kDone;
  (*job)->outcome = outcome;
  (*job)->finished_at = now;
  model::Article kept;
  std::tie(kept.key, kept.title, kept.updated_at) = std::tie(article.key, article.title, article.updated_at);
  article = std::move(kept);
  return {};
}

Result<void> MemoryJournal::fail_attempt(JobId id, const std::string& error,
                                         std::optional<Timestamp> retry_at, Timestamp now) {
  const MutexLock lock(mutex_);
  const auto job = require_state(id, JobState::kRunning);
  if (!job) return job.error();
  (*job)->last_error = error;
  (*job)->state = retry_at ? JobState::kQueued : JobState::kDead;
  (*job)->not_before = retry_at;
  if (!retry_at) (*job)->finished_at = now;
  return {};
}

Result<void> MemoryJournal::retry(JobId id) {
  const MutexLock lock(mutex_);
  const auto job = require_state(id, JobState::kDead);
  if (!job) return job.error();
  (*job)->state = JobState::kQueued;
  (*job)->attempts = 0;
  (*job)->finished_at.reset();
  return {};
}

Result<std::size_t> MemoryJournal::recover() {
  const MutexLock lock(mutex_);
  std::size_t recovered = 0;
  for (auto& [id, job] : jobs_) {
    if (job.state != JobState::kRunning) continue;
    job.state = JobState::kQueued;
    ++recovered;
  }
  return recovered;
}

Result<std::optional<Job>> MemoryJournal::find(JobId id) {
  const MutexLock lock(mutex_);
  const auto entry = jobs_.find(id);
  return entry == jobs_.end() ? std::nullopt : std::optional(entry->second);
}

Result<std::vector<Job>> MemoryJournal::list(const JobFilter& filter, std::size_t offset, std::size_t limit) {
  const MutexLock lock(mutex_);
  std::vector<Job> page;
  for (auto entry = jobs_.rbegin(); entry != jobs_.rend() && page.size() < limit; ++entry) {
    const Job& job = entry->second;
    if (!passes(filter, job)) continue;
    if (offset > 0) {
      --offset;
      continue;
    }
    Job& listed = page.emplace_back(job);
    listed.article = {};
    std::tie(listed.article.key, listed.article.title, listed.article.updated_at) =
        std::tie(job.article.key, job.article.title, job.article.updated_at);
  }
  return page;
}

Result<std::map<JobState, std::size_t>> MemoryJournal::counts(const JobFilter& filter) {
  const MutexLock lock(mutex_);
  std::map<JobState, std::size_t> counts{
      {JobState::kQueued, 0}, {JobState::kRunning, 0}, {JobState::kDone, 0}, {JobState::kDead, 0}};
  for (const auto& [id, job] : jobs_) {
    if (passes(filter, job)) ++counts[job.state];
  }
  return counts;
}

Backlog MemoryJournal::backlog() {
  const MutexLock lock(mutex_);
  Backlog backlog;
  for (const auto& [id, job] : jobs_) {
    if (job.state != JobState::kQueued && job.state != JobState::kRunning) continue;
    ++backlog.jobs;
    backlog.bytes += model::text_bytes(job.article);
  }
  return backlog;
}

Result<std::optional<Timestamp>> MemoryJournal::next_due() {
  const MutexLock lock(mutex_);
  std::optional<Timestamp> earliest;
  for (const auto& [id, job] : jobs_) {
    if (!may_run(job)) continue;
    const Timestamp due = job.not_before.value_or(job.accepted_at);
    earliest = std::min(earliest.value_or(due), due);
  }
  return earliest;
}

Result<std::optional<Timestamp>> MemoryJournal::greatest_updated_at(const ArticleId& id) {
  const MutexLock lock(mutex_);
  const auto entry = greatest_.find(id);
  return entry == greatest_.end() ? std::nullopt : std::optional(entry->second);
}

Result<std::size_t> MemoryJournal::prune(Timestamp before, std::size_t limit) {
  const MutexLock lock(mutex_);
  return std::erase_if(jobs_, [&](const auto& entry) {
    const Job& job = entry.second;
    if (limit == 0 || job.state != JobState::kDone || *job.finished_at >= before) return false;
    --limit;
    return true;
  });
}

}  // namespace wellspring::store
