#include "store/mongo/journal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wellspring::store::mongo {
namespace {

using model::Job;
using model::JobState;

constexpr std::size_t kIdsPerCommand = 10'000;

Operation on_job(std::string_view operation, JobId id) {
  return {operation, std::to_string(id.value())};
}

Operation on_article(std::string_view operation, const ArticleId& article) {
  return {operation, article.value()};
}

Doc head_members() {
  return doc("article", 1, "state", 1, "head", 1);
}

Doc ready(const Doc& not_before) {
  Doc filter = doc("state", JobState::kQueued, "head", true);
  bson_concat(filter.get(), not_before.get());
  return filter;
}

}  // namespace

std::optional<Doc> MongoJournal::take_next(Books& books, Timestamp now) {
  if (books.claim_got_lost) {
    Array held;
    for (const JobId id : books.held) held.push(id.value());
    channel_.use([&](Session& session) {
      session.update(names_.jobs,
                     doc("state", JobState::kRunning, "owner", instance_, "_id", doc("$nin", held)),
                     doc("$set", doc("state", JobState::kQueued)));
    });
    books.claim_got_lost = false;
  }
  const Array due = array(doc("not_before", nullptr), doc("not_before", doc("$lte", now)));
  const Doc change = doc("$set",
                         doc("state", JobState::kRunning, "not_before", nullptr, "owner", instance_,
                             "lease_until", now + kJobLease),
                         "$inc", doc("attempts", 1));
  books.claim_got_lost = true;
  auto taken = channel_.use([&](Session& session) {
    return session.find_and_modify(
        names_.jobs, doc("query", ready(doc("$or", due)), "sort", doc("priority", 1, "_id", 1), "update",
                         change, "new", true));
  });
  books.claim_got_lost = false;
  return taken;
}

Result<std::optional<Job>> MongoJournal::claim(Timestamp now) {
  const MutexLock lock(mutex_);
  Books& books = books_;
  return attempt({"claim job"}, [&]() -> std::optional<Job> {
    settle_what_is_left(books);
    const auto taken = take_next(books, now);
    if (!taken) return std::nullopt;
    Job job = read_job(**taken);
    books.held.insert(job.id);
    return job;
  });
}

std::optional<Doc> MongoJournal::find_light(JobId id) {
  return channel_.use([&](Session& session) {
    return session.find_one(names_.jobs, doc("_id", id.value()), doc("projection", without_payload()));
  });
}

MongoJournal::Moved MongoJournal::move(Books& books, JobId id, JobState from, const Doc& change) {
  books.in_doubt.insert(id);
  const auto after = channel_.use([&](Session& session) {
    return session.find_and_modify(names_.jobs, doc("query", doc("_id", id.value(), "state", from), "update",
                                                    doc("$set", change), "new", true));
  });
  books.in_doubt.erase(id);
  if (after) {
    const Fields fields(**after, "job " + std::to_string(id.value()));
    return {ArticleId(fields.text("article")),
            static_cast<std::size_t>(fields.optional_integer("text_bytes").value_or(0))};
  }
  const auto other = find_light(id);
  if (!other) throw Failure(fail(ErrorKind::kNotFound, "there is no such job"));
  throw Failure(fail(ErrorKind::kConflict,
                     fmt::format("the job is {}, not {}", name(read_job(**other).state), name(from))));
}

void MongoJournal::mark_heads(const std::vector<UnfinishedJob>& jobs) {
  const auto mark = [&](const std::vector<JobId>& ids, bool head) {
    for (std::size_t begin = 0; begin < ids.size(); begin += kIdsPerCommand) {
      Array some;
      for (std::size_t i = begin; i < std::min(begin + kIdsPerCommand, ids.size()); ++i) {
        some.push(ids[i].value());
      }
      channel_.use([&](Session& session) {
        session.update(names_.jobs, any_of("_id", some), doc("$set", doc("head", head)));
      });
    }
  };
  const HeadChanges changes = head_changes(jobs);
  mark(changes.lower, false);
  mark(changes.raise, true);
}

/// Its heads, its running job and its oldest one decide; the queue behind them need not be read.
void MongoJournal::settle(Books& books, const ArticleId& article) {
  books.unsettled.insert(article);
  const auto settled = attempt(on_article("settle jobs", article), [&] {
    std::vector<UnfinishedJob> jobs;
    channel_.use([&](Session& session) {
      Doc all = unfinished();
      add_to(all, "article", article.value());
      Doc special = all;
      add_to(special, "$or", array(doc("head", true), doc("state", JobState::kRunning)));
      const auto take = [&](const bson_t& row) {
        jobs.push_back(read_unfinished(row));
        return true;
      };
      session.find(names_.jobs, all, doc("projection", head_members(), "sort", doc("_id", 1), "limit", 1),
                   take);
      if (jobs.empty()) return;  // the usual end: nothing of this article is queued
      session.find(names_.jobs, special, doc("projection", head_members(), "sort", doc("_id", 1)), take);
    });
    if (jobs.size() > 1 && jobs[0].id == jobs[1].id) jobs.erase(jobs.begin());
    mark_heads(jobs);
  });
  if (settled) books.unsettled.erase(article);
}

void MongoJournal::settle_what_is_left(Books& books) {
  while (!books.in_doubt.empty()) {
    const JobId id = *books.in_doubt.begin();
    if (const auto job = find_light(id)) books.unsettled.insert(read_job(**job).article.key.id);
    books.in_doubt.erase(id);
  }
  const std::set<ArticleId> left = books.unsettled;
  for (const ArticleId& article : left) settle(books, article);
}

Result<void> MongoJournal::finish(JobId id, model::JobOutcome outcome, Timestamp now) {
  const MutexLock lock(mutex_);
  Books& books = books_;
  return attempt(on_job("finish job", id), [&] {
    const Moved job = move(books, id, JobState::kRunning,
                           doc("state", JobState::kDone, "head", false, "outcome", outcome, "finished_at",
                               now, "payload", nullptr, "lease_until", nullptr));
    backlog_.remove(job.text_bytes);
    books.held.erase(id);
    settle(books, job.article);
  });
}

Result<void> MongoJournal::fail_attempt(JobId id, const std::string& error, std::optional<Timestamp> retry_at,
                                        Timestamp now) {
  const MutexLock lock(mutex_);
  Books& books = books_;
  return attempt(on_job("record failure of job", id), [&] {
    if (retry_at) {
      move(books, id, JobState::kRunning,
           doc("state", JobState::kQueued, "last_error", error, "not_before", *retry_at, "lease_until",
               nullptr));
      books.held.erase(id);
      return;
    }
    const Moved job = move(books, id, JobState::kRunning,
                           doc("state", JobState::kDead, "head", false, "last_error", error, "finished_at",
                               now, "lease_until", nullptr));
    backlog_.remove(job.text_bytes);
    books.held.erase(id);
    settle(books, job.article);
  });
}

Result<void> MongoJournal::retry(JobId id) {
  const MutexLock lock(mutex_);
  Books& books = books_;
  return attempt(on_job("retry job", id), [&] {
    const Moved job =
        move(books, id, JobState::kDead,
             doc("state", JobState::kQueued, "attempts", 0, "not_before", nullptr, "finished_at", nullptr));
    backlog_.add(job.text_bytes);
    settle(books, job.article);
  });
}

void MongoJournal::settle_all() {
  std::vector<UnfinishedJob> jobs;
  channel_.use([&](Session& session) {
    session.find(names_.jobs, unfinished(), doc("projection", head_members(), "sort", doc("_id", 1)),
                 [&](const bson_t& row) {
                   jobs.push_back(read_unfinished(row));
                   return true;
                 });
  });
  mark_heads(jobs);
}

Result<std::size_t> MongoJournal::recover() {
  const MutexLock lock(mutex_);
  Books& books = books_;
  return attempt({"recover jobs"}, [&] {
    const Array lost = array(doc("owner", instance_), doc("lease_until", doc("$lt", clock_.wall())));
    const std::size_t recovered = channel_.use([&](Session& session) {
      return session.update(names_.jobs, doc("state", JobState::kRunning, "$or", lost),
                            doc("$set", doc("state", JobState::kQueued, "lease_until", nullptr)));
    });
    settle_all();
    books = {};
    return recovered;
  });
}

Result<void> MongoJournal::restore(std::span<const Job> jobs) {
  if (jobs.empty()) return {};
  const MutexLock lock(mutex_);
  return attempt({"restore jobs"}, [&] {
    Array ids;
    std::vector<Doc> rows;
    std::int64_t last = 0;
    for (const Job& job : jobs) {
      ids.push(job.id.value());
      rows.push_back(job_row(job));
      last = std::max(last, job.id.value());
    }
    channel_.use([&](Session& session) {
      session.update(names_.counters, doc("_id", kJobCounter), doc("$max", doc("value", last)), true);
      session.remove(names_.jobs, any_of("_id", ids));
    });
    insert_all(channel_, names_.jobs, rows);
    settle_all();
  });
}

Result<std::optional<Job>> MongoJournal::find(JobId id) {
  return attempt(on_job("find job", id), [&]() -> std::optional<Job> {
    const auto row =
        channel_.use([&](Session& session) { return session.find_one(names_.jobs, doc("_id", id.value())); });
    if (!row) return std::nullopt;
    return read_job(**row);
  });
}

Result<std::vector<Job>> MongoJournal::list(const JobFilter& filter, std::size_t offset, std::size_t limit) {
  return attempt({"list jobs"}, [&] {
    std::vector<Job> page;
    if (limit == 0) return page;
    channel_.use([&](Session& session) {
      session.find(
          names_.jobs, to_bson(filter),
          doc("projection", without_payload(), "sort", doc("_id", -1), "skip", offset, "limit", limit),
          [&](const bson_t& row) {
            page.push_back(read_job(row));
            return true;
          });
    });
    return page;
  });
}

Result<std::map<JobState, std::size_t>> MongoJournal::counts(const JobFilter& filter) {
  return attempt({"count jobs"}, [&] {
    std::map<JobState, std::size_t> counts{
        {JobState::kQueued, 0}, {JobState::kRunning, 0}, {JobState::kDone, 0}, {JobState::kDead, 0}};
    const auto sums_by_state = [&](const Doc& match, const Doc& sum, const auto& visit) {
      const Array pipeline = array(doc("$match", match), doc("$group", doc("_id", "$state", "sum", sum)));
      channel_.use([&](Session& session) {
        session.aggregate(names_.jobs, pipeline, [&](const bson_t& row) {
          const Fields fields(row, "the counts of jobs");
          visit(fields.integer("_id"), fields.count("sum"));
          return true;
        });
      });
    };
    sums_by_state(to_bson(filter), doc("$sum", 1),
                  [&](std::int64_t state, std::size_t jobs) { counts[static_cast<JobState>(state)] = jobs; });
    if (filter != JobFilter{}) return counts;
    // Others append and finish too; this is where we hear of it. A command of its own, because FerretDB fills
    // only the first sum of a group.
    Backlog backlog{.jobs = counts[JobState::kQueued] + counts[JobState::kRunning]};
    sums_by_state(unfinished(), doc("$sum", "$text_bytes"),
                  [&](std::int64_t, std::size_t bytes) { backlog.bytes += bytes; });
    backlog_.set(backlog);
    return counts;
  });
}

Result<std::optional<Timestamp>> MongoJournal::next_due() {
  const MutexLock lock(mutex_);
  Books& books = books_;
  return attempt({"find next due job"}, [&]() -> std::optional<Timestamp> {
    settle_what_is_left(books);
    const auto first = [&](const Doc& filter, const Doc& sort) {
      return channel_.use([&](Session& session) {
        return session.find_one(names_.jobs, filter, doc("projection", without_payload(), "sort", sort));
      });
    };
    const auto now = first(ready(doc("not_before", nullptr)), doc("priority", 1, "_id", 1));
    if (now) return read_job(**now).accepted_at;
    const auto later = first(ready(doc("not_before", doc("$ne", nullptr))), doc("not_before", 1));
    if (later) return read_job(**later).not_before;
    return std::nullopt;
  });
}

Result<std::optional<Timestamp>> MongoJournal::greatest_updated_at(const ArticleId& id) {
  return attempt({"find latest time of article", id.value()}, [&] {
    return channel_.use([&](Session& session) {
      const auto job =
          session.find_one(names_.jobs, doc("article", id.value()),
                           doc("projection", doc("updated_at", 1), "sort", doc("updated_at", -1)));
      const auto pruned = session.find_one(names_.article_times, doc("_id", id.value()));
      const auto time_of = [](const std::optional<Doc>& row) {
        return row ? Fields(**row, "time of an article").optional_time("updated_at") : std::nullopt;
      };
      return std::max(time_of(job), time_of(pruned));
    });
  });
}

Result<std::size_t> MongoJournal::prune(Timestamp before, std::size_t limit) {
  return attempt({"prune jobs"}, [&]() -> std::size_t {
    if (limit == 0) return 0;
    return channel_.use([&](Session& session) -> std::size_t {
      Array ids;
      Array times;
      session.find(names_.jobs, doc("state", JobState::kDone, "finished_at", doc("$lt", before)),
                   doc("projection", doc("article", 1, "updated_at", 1), "sort", doc("finished_at", 1),
                       "limit", std::min(limit, kIdsPerCommand)),
                   [&](const bson_t& row) {
                     const Fields fields(row, "job " + label_of(row, "_id"));
                     ids.push(fields.integer("_id"));
                     if (const auto at = fields.optional_time("updated_at")) {
                       times.push(doc("q", doc("_id", fields.text("article")), "u",
                                      doc("$max", doc("updated_at", *at)), "upsert", true));
                     }
                     return true;
                   });
      // The times outlive the jobs, so they are written first.
      if (times.size() > 0) session.write(doc("update", names_.article_times, "updates", times));
      return ids.size() == 0 ? 0 : session.remove(names_.jobs, any_of("_id", ids));
    });
  });
}

}  // namespace wellspring::store::mongo
