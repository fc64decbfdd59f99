#include "store/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace wellspring::store {
namespace {

constexpr std::size_t kPage = 200;
constexpr std::size_t kQuestionsPage = 1'000;

/// Told of one item after the other until it answers an error.
template <class Item>
using Visit = std::function<Result<void>(const Item&)>;

Result<void> each_tombstone(const WholeStore& store, const Visit<StoredRevision>& visit) {
  std::optional<ArticleId> after;
  while (true) {
    const auto page = store.transfer.tombstones(after, kPage);
    if (!page) return page.error();
    if (page->empty()) return {};
    after = page->back().key.id;
    for (const StoredRevision& tombstone : *page) {
      if (auto visited = visit(tombstone); !visited) return visited;
    }
  }
}

Result<void> each_article(const WholeStore& store, const Visit<StoredRevision>& visit) {
  for (std::size_t offset = 0;; offset += kPage) {
    const auto page = store.articles.list("", offset, kPage);
    if (!page) return page.error();
    for (const StoredRevision& revision : *page) {
      if (auto visited = visit(revision); !visited) return visited;
    }
    if (page->size() < kPage) return {};
  }
}

/// Newest first, each with its article's text.
Result<void> each_job(const WholeStore& store, const Visit<model::Job>& visit) {
  JobFilter older;
  while (true) {
    const auto page = store.journal.list(older, 0, kPage);
    if (!page) return page.error();
    for (const model::Job& light : *page) {
      const auto job = store.journal.find(light.id);
      if (!job) return job.error();
      if (!*job) continue;
      if (auto visited = visit(**job); !visited) return visited;
    }
    if (page->size() < kPage) return {};
    older.last = JobId(page->back().id.value() - 1);
  }
}

Result<void> each_source(const WholeStore& store, const Visit<model::Source>& visit) {
  const auto all = store.sources.list();
  if (!all) return all.error();
  for (const model::Source& source : *all) {
    if (auto visited = visit(source); !visited) return visited;
  }
  return {};
}

/// In pages, the oldest page first and each from its oldest.
Result<void> each_question_page(const WholeStore& store,
                                const Visit<std::vector<model::UserQuestion>>& visit) {
  const auto counted = store.questions.page({}, 0, 0);
  if (!counted) return counted.error();
  for (std::size_t end = counted->total; end > 0;) {
    const std::size_t begin = end - std::min(end, kQuestionsPage);
    auto page = store.questions.page({}, begin, end - begin);
    if (!page) return page.error();
    std::reverse(page->questions.begin(), page->questions.end());
    if (auto visited = visit(page->questions); !visited) return visited;
    end = begin;
  }
  return {};
}

/// The same job, whatever became of it.
bool same_job(const model::Job& a, const model::Job& b) {
  return a.kind == b.kind && a.accepted_at == b.accepted_at && a.article.key == b.article.key;
}

Error other_job(JobId id) {
  return fail(
      ErrorKind::kConflict,
      fmt::format("migrate: the target accepted a job {} of its own, which would be lost; migrate into "
                  "an empty place",
                  id.value()),
      std::to_string(id.value()));
}

/// One migration under way.
class Migration {
 public:
  Migration(const WholeStore& from, const WholeStore& to, const MigrationProgress& progress)
      : from_(from), to_(to), progress_(progress) {}

  Result<MigrationReport> run() {
    // Jobs come first, because they show whether the target is in use of its own; a tombstone takes away what
    // is published, so tombstones come before articles.
    using Step = Result<void> (Migration::*)();
    for (const Step step :
         {&Migration::copy_jobs, &Migration::copy_times, &Migration::copy_tombstones,
          &Migration::copy_articles, &Migration::copy_sources, &Migration::copy_questions}) {
      if (auto done = (this->*step)(); !done) return done.error();
    }
    if (auto read = digest(from_, &MigratedItems::from); !read) return read.error();
    if (auto read = digest(to_, &MigratedItems::to); !read) return read.error();
    return report_;
  }

 private:
  void count(MigratedKind kind, bool copied, std::size_t total, std::size_t by = 1) {
    MigratedItems& items = report_.of(kind);
    (copied ? items.copied : items.skipped) += by;
    if (progress_)
      progress_(kind, items.copied + items.skipped, std::max(total, items.copied + items.skipped));
  }

  Result<void> copy_tombstones() {
    return each_tombstone(from_, [&](const StoredRevision& tombstone) -> Result<void> {
      const auto known = to_.articles.find_all(tombstone.key.id);
      if (!known) return known.error();
      const bool same =
          !known->empty() && !known->back().live && canonical(known->back(), {}) == canonical(tombstone, {});
      if (!same) {
        auto removed = to_.articles.remove(tombstone.key.id, tombstone.updated_at, tombstone.stored_at);
        if (!removed) return removed;
      }
      count(MigratedKind::kTombstones, !same, 0);
      return {};
    });
  }

  Result<void> copy_article(const StoredRevision& stored, std::size_t total) {
    const auto known = to_.articles.find(stored.key);
    if (!known) return known.error();
    if (*known && canonical(**known, {}) == canonical(stored, {})) {
      count(MigratedKind::kArticles, false, total);
      return {};
    }
    auto chunks = from_.articles.chunks(stored.key);
    if (!chunks) return chunks.error();
    const Revision revision{.key = stored.key,
                            .updated_at = stored.updated_at,
                            .content_hash = stored.content_hash,
                            .title = stored.title,
                            .source = stored.source,
                            .embedding_model = stored.embedding_model,
                            .chunks = std::move(*chunks)};
    if (auto published = to_.articles.publish(revision, stored.stored_at); !published) return published;
    count(MigratedKind::kArticles, true, total);
    return {};
  }

  Result<void> copy_articles() {
    const auto counts = from_.articles.counts();
    if (!counts) return counts.error();
    return each_article(from_,
                        [&](const StoredRevision& stored) { return copy_article(stored, counts->articles); });
  }

  Result<void> copy_times() {
    std::optional<ArticleId> after;
    while (true) {
      const auto page = from_.transfer.article_times(after, kPage);
      if (!page) return page.error();
      if (page->empty()) return {};
      after = page->back().article;
      if (auto restored = to_.transfer.restore_times(*page); !restored) return restored;
    }
  }

  Result<void> copy_jobs() {
    const auto counts = from_.journal.counts();
    if (!counts) return counts.error();
    std::size_t total = 0;
    for (const auto& [state, jobs] : *counts) total += jobs;
    std::vector<model::Job> waiting;
    const auto flush = [&]() -> Result<void> {
      auto restored = to_.transfer.restore_jobs(waiting);
      if (restored && !waiting.empty()) count(MigratedKind::kJobs, true, total, waiting.size());
      waiting.clear();
      return restored;
    };
    auto read = each_job(from_, [&](const model::Job& job) -> Result<void> {
      const auto known = to_.journal.find(job.id);
      if (!known) return known.error();
      if (*known && !same_job(**known, job)) return other_job(job.id);
      if (*known && canonical(**known) == canonical(job)) {
        count(MigratedKind::kJobs, false, total);
        return {};
      }
      waiting.push_back(job);
      return waiting.size() < kPage ? Result<void>{} : flush();
    });
    return read ? flush() : read;
  }

  Result<void> copy_sources() {
    return each_source(from_, [&](const model::Source& source) -> Result<void> {
      const auto known = to_.sources.find(source.id);
      if (!known) return known.error();
      const bool same = *known && canonical(**known) == canonical(source);
      if (!same) {
        if (auto restored = to_.transfer.restore_sources({&source, 1}); !restored) return restored;
      }
      count(MigratedKind::kSources, !same, 0);
      return {};
    });
  }

  Result<void> copy_questions() {
    std::set<std::string> known;
    auto read = each_question_page(to_, [&](const auto& page) -> Result<void> {
      for (const model::UserQuestion& question : page) known.insert(question.id.value());
      return {};
    });
    if (!read) return read;
    const auto counted = from_.questions.page({}, 0, 0);
    if (!counted) return counted.error();
    return each_question_page(from_, [&](const auto& page) -> Result<void> {
      std::vector<model::UserQuestion> missing;
      for (const model::UserQuestion& question : page) {
        if (!known.contains(question.id.value())) {
          missing.push_back(question);
        } else if (question.feedback) {  // perhaps given since it was copied
          if (auto stored = to_.questions.set_feedback(question.id, *question.feedback); !stored)
            return stored;
        }
      }
      if (auto appended = to_.questions.append(missing); !appended) return appended;
      count(MigratedKind::kQuestions, true, counted->total, missing.size());
      count(MigratedKind::kQuestions, false, counted->total, page.size() - missing.size());
      return {};
    });
  }

  Result<void> digest(const WholeStore& store, Digest MigratedItems::*side) {
    const auto add = [&](MigratedKind kind, const std::string& item) -> Result<void> {
      (report_.of(kind).*side).add(item);
      return {};
    };
    auto read = each_tombstone(store, [&](const StoredRevision& tombstone) {
      return add(MigratedKind::kTombstones, canonical(tombstone, {}));
    });
    if (!read) return read;
    read = each_article(store, [&](const StoredRevision& stored) -> Result<void> {
      const auto chunks = store.articles.chunks(stored.key);
      if (!chunks) return chunks.error();
      return add(MigratedKind::kArticles, canonical(stored, *chunks));
    });
    if (!read) return read;
    read = each_job(store, [&](const model::Job& job) { return add(MigratedKind::kJobs, canonical(job)); });
    if (!read) return read;
    read = each_source(
        store, [&](const model::Source& source) { return add(MigratedKind::kSources, canonical(source)); });
    if (!read) return read;
    return each_question_page(store, [&](const auto& page) -> Result<void> {
      for (const model::UserQuestion& question : page) {
        ignore(add(MigratedKind::kQuestions, canonical(question)), "it cannot fail");
      }
      return {};
    });
  }

  const WholeStore& from_;
  const WholeStore& to_;
  const MigrationProgress& progress_;
  MigrationReport report_;
};

}  // namespace

std::string_view name(MigratedKind kind) {
  switch (kind) {
    case MigratedKind::kTombstones:
      return "tombstones";
    case MigratedKind::kArticles:
      return "articles";
    case MigratedKind::kJobs:
      return "jobs";
    case MigratedKind::kSources:
      return "sources";
    case MigratedKind::kQuestions:
      return "questions";
  }
  return "items";
}

bool MigrationReport::is_complete() const {
  return std::all_of(items.begin(), items.end(),
                     [](const MigratedItems& each) { return each.from == each.to; });
}

Result<MigrationReport> migrate(const WholeStore& from, const WholeStore& to,
                                const MigrationProgress& progress) {
  return Migration(from, to, progress).run();
}

}  // namespace wellspring::store
