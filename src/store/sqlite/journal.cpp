#include "store/sqlite/journal.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "store/sqlite/job_payload.hpp"

namespace wellspring::store::sqlite {
namespace {

using model::Job;
using model::JobState;

// The values that schema.cpp's partial indexes name.
static_assert(static_cast<int>(JobState::kQueued) == 0 && static_cast<int>(JobState::kRunning) == 1 &&
              static_cast<int>(JobState::kDone) == 2 && static_cast<int>(JobState::kDead) == 3);

constexpr std::string_view kJobColumns =
    "id, article_id, locale, title, updated_at, kind, priority, state, outcome, attempts, last_error, "
    "accepted_at, "
    "not_before, finished_at";
constexpr int kPayloadColumn = 14;
constexpr int kDeliveryColumn = 15;

std::string select_jobs(std::string_view more_columns, std::string_view rest) {
  return fmt::format("SELECT {}{} FROM jobs {}", kJobColumns, more_columns, rest);
}

/// Parameters 1 to 4 are the filter's members. A text for each combination, so that each finds its index; all
/// name every parameter, so that all are bound alike.
std::string where(const JobFilter& filter) {
  std::string text = "WHERE ?1 IS ?1 AND ?2 IS ?2 AND ?3 IS ?3 AND ?4 IS ?4 ";
  if (filter.state) text += "AND state = ?1 ";
  if (filter.article) text += "AND article_id = ?2 ";
  if (filter.first) text += "AND id >= ?3 ";
  if (filter.last) text += "AND id <= ?4 ";
  return text;
}

/// A job without its article's text.
Job read_job(const Statement& row) {
  Job job;
  job.id = JobId(row.integer(0));
  job.article.key = {ArticleId(row.text(1)), row.text(2)};
  job.article.title = row.text(3);
  job.article.updated_at = row.optional_time(4);
  job.kind = static_cast<model::JobKind>(row.integer(5));
  job.priority = static_cast<model::JobPriority>(row.integer(6));
  job.state = static_cast<JobState>(row.integer(7));
  job.outcome = static_cast<model::JobOutcome>(row.integer(8));
  job.attempts = static_cast<int>(row.integer(9));
  job.last_error = row.text(10);
  job.accepted_at = row.time(11);
  job.not_before = row.optional_time(12);
  job.finished_at = row.optional_time(13);
  return job;
}

std::optional<Job> find_job(Connection& connection, JobId id) {
  Statement query = connection.prepare(select_jobs(", payload, delivery", "WHERE id = ?"));
  if (!query.bind(id).step()) return std::nullopt;
  Job job = read_job(query);
  if (!query.is_null(kPayloadColumn)) job.article = read_payload(query.text(kPayloadColumn));
  job.delivery = query.optional_text(kDeliveryColumn).value_or("");
  return job;
}

/// What leaves or enters the backlog with a job.
struct Weight {
  ArticleId article;
  std::size_t text_bytes = 0;
};

/// Throws kNotFound or kConflict unless the job is in `wanted`.
Weight require_state(Connection& connection, JobId id, JobState wanted) {
  Statement query = connection.prepare("SELECT article_id, state, text_bytes FROM jobs WHERE id = ?");
  if (!query.bind(id).step()) throw Failure(fail(ErrorKind::kNotFound, "there is no such job"));
  const auto state = static_cast<JobState>(query.integer(1));
  if (state != wanted) {
    throw Failure(
        fail(ErrorKind::kConflict, fmt::format("the job is {}, not {}", name(state), name(wanted))));
  }
  return {ArticleId(query.text(0)), query.count(2)};
}

/// Lets the oldest unfinished job of the article be the next to run.
void promote_oldest(Connection& connection, const ArticleId& article) {
  connection
      .prepare(
          "UPDATE jobs SET head = 1 WHERE id = (SELECT id FROM jobs WHERE article_id = ? AND state < 2 ORDER "
          "BY id "
          "LIMIT 1)")
      .bind(article)
      .run();
}

std::optional<JobId> find_delivery(Connection& connection, const std::string& delivery) {
  if (delivery.empty()) return std::nullopt;
  Statement query = connection.prepare("SELECT id FROM jobs WHERE delivery = ?");
  if (!query.bind(delivery).step()) return std::nullopt;
  return JobId(query.integer(0));
}

Backlog count_backlog(Connection& connection) {
  Statement query = connection.prepare(
      "SELECT count(*), coalesce(sum(text_bytes), 0) FROM jobs INDEXED BY jobs_backlog WHERE state < 2");
  query.step();
  return {query.count(0), query.count(1)};
}

void append_one(Connection& connection, const model::NewJob& job, Timestamp now) {
  const model::Article& article = job.article;
  connection
      .prepare(
          "INSERT INTO jobs (article_id, locale, title, updated_at, kind, priority, state, outcome, "
          "attempts, "
          "last_error, accepted_at, payload, head, delivery, text_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, "
          "0, "
          "0, '', ?7, ?8, NOT EXISTS (SELECT 1 FROM jobs WHERE article_id = ?1 AND state < 2), "
          "nullif(?9, ''), ?10)")
      .bind(article.key.id, article.key.locale, article.title, article.updated_at, job.kind, job.priority,
            now, boost::json::serialize(model::to_json(article)), job.delivery, model::text_bytes(article))
      .run();
}

void remember_time(Connection& connection, const model::Article& article) {
  if (!article.updated_at) return;
  connection
      .prepare(
          "INSERT INTO article_times VALUES (?, ?) ON CONFLICT (article_id) DO UPDATE SET "
          "updated_at = max(updated_at, excluded.updated_at)")
      .bind(article.key.id, *article.updated_at)
      .run();
}

Operation on_job(std::string_view operation, JobId id) {
  return {operation, std::to_string(id.value())};
}

}  // namespace

SqliteJournal::SqliteJournal(Database& database) : database_(database) {
  backlog_.set(database_.read({"count waiting jobs"}, count_backlog).value());
}

Result<std::vector<Appended>> SqliteJournal::append(std::span<const model::NewJob> jobs, Timestamp now) {
  auto appended = database_.write({"journal jobs"}, [&](Connection& connection) {
    std::vector<Appended> all;
    all.reserve(jobs.size());
    for (const model::NewJob& job : jobs) {
      if (const auto known = find_delivery(connection, job.delivery)) {
        all.push_back({*known, false});
        continue;
      }
      append_one(connection, job, now);
      all.push_back({JobId(connection.last_insert_id())});
      remember_time(connection, job.article);
    }
    return all;
  });
  if (!appended) return appended;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if ((*appended)[i].is_new) backlog_.add(model::text_bytes(jobs[i].article));
  }
  return appended;
}

Backlog SqliteJournal::backlog() {
  return backlog_.get();
}

Result<std::optional<Job>> SqliteJournal::claim(Timestamp now) {
  return database_.write({"claim job"}, [&](Connection& connection) -> std::optional<Job> {
    connection
        .prepare(
            "UPDATE jobs INDEXED BY jobs_waiting SET not_before = NULL WHERE state = 0 AND head = 1 AND "
            "not_before IS NOT NULL AND "
            "not_before <= ?")
        .bind(now)
        .run();
    std::optional<JobId> id;
    {
      Statement next = connection.prepare(kNextJob);
      if (!next.step()) return std::nullopt;
      id = JobId(next.integer(0));
    }
    connection.prepare("UPDATE jobs SET state = 1, attempts = attempts + 1 WHERE id = ?").bind(*id).run();
    return find_job(connection, *id);
  });
}

Result<void> SqliteJournal::finish(JobId id, model::JobOutcome outcome, Timestamp now) {
  const auto finished = database_.write(on_job("finish job", id), [&](Connection& connection) {
    const Weight job = require_state(connection, id, JobState::kRunning);
    connection
        .prepare(
            "UPDATE jobs SET state = 2, head = 0, outcome = ?, finished_at = ?, payload = NULL WHERE id = ?")
        .bind(outcome, now, id)
        .run();
    promote_oldest(connection, job.article);
    return job.text_bytes;
  });
  if (!finished) return finished.error();
  backlog_.remove(*finished);
  return {};
}

Result<void> SqliteJournal::fail_attempt(JobId id, const std::string& error,
                                         std::optional<Timestamp> retry_at, Timestamp now) {
  const auto failed = database_.write(on_job("record failure of job", id), [&](Connection& connection) {
    const Weight job = require_state(connection, id, JobState::kRunning);
    if (retry_at) {
      connection.prepare("UPDATE jobs SET state = 0, last_error = ?, not_before = ? WHERE id = ?")
          .bind(error, *retry_at, id)
          .run();
      return job.text_bytes;
    }
    connection.prepare("UPDATE jobs SET state = 3, head = 0, last_error = ?, finished_at = ? WHERE id = ?")
        .bind(error, now, id)
        .run();
    promote_oldest(connection, job.article);
    return job.text_bytes;
  });
  if (!failed) return failed.error();
  if (!retry_at) backlog_.remove(*failed);
  return {};
}

Result<void> SqliteJournal::retry(JobId id) {
  const auto retried = database_.write(on_job("retry job", id), [&](Connection& connection) {
    const Weight job = require_state(connection, id, JobState::kDead);
    connection
        .prepare(
            "UPDATE jobs SET state = 0, attempts = 0, not_before = NULL, finished_at = NULL WHERE id = ?")
        .bind(id)
        .run();
    Statement running =
        connection.prepare("SELECT 1 FROM jobs WHERE article_id = ? AND state < 2 AND state = 1");
    if (running.bind(job.article).step()) return job.text_bytes;
    connection.prepare("UPDATE jobs SET head = 0 WHERE article_id = ? AND state < 2 AND head = 1")
        .bind(job.article)
        .run();
    promote_oldest(connection, job.article);
    return job.text_bytes;
  });
  if (!retried) return retried.error();
  backlog_.add(*retried);
  return {};
}

Result<std::size_t> SqliteJournal::recover() {
  return database_.write({"recover jobs"}, [](Connection& connection) {
    connection.prepare("UPDATE jobs SET state = 0 WHERE state = 1").run();
    return connection.changes();
  });
}

Result<std::optional<Job>> SqliteJournal::find(JobId id) {
  return database_.read(on_job("find job", id),
                        [&](Connection& connection) { return find_job(connection, id); });
}

Result<std::vector<Job>> SqliteJournal::list(const JobFilter& filter, std::size_t offset, std::size_t limit) {
  return database_.read({"list jobs"}, [&](Connection& connection) {
    Statement query =
        connection.prepare(select_jobs("", where(filter) + "ORDER BY id DESC LIMIT ?5 OFFSET ?6"));
    query.bind(filter.state, filter.article, filter.first, filter.last, limit, offset);
    std::vector<Job> page;
    while (query.step()) page.push_back(read_job(query));
    return page;
  });
}

Result<std::map<JobState, std::size_t>> SqliteJournal::counts(const JobFilter& filter) {
  return database_.read({"count jobs"}, [&](Connection& connection) {
    std::map<JobState, std::size_t> counts{
        {JobState::kQueued, 0}, {JobState::kRunning, 0}, {JobState::kDone, 0}, {JobState::kDead, 0}};
    Statement query =
        connection.prepare("SELECT state, count(*) FROM jobs " + where(filter) + "GROUP BY state");
    query.bind(filter.state, filter.article, filter.first, filter.last);
    while (query.step()) counts[static_cast<JobState>(query.integer(0))] = query.count(1);
    return counts;
  });
}

Result<std::optional<Timestamp>> SqliteJournal::next_due() {
  return database_.read({"find next due job"}, [](Connection& connection) -> std::optional<Timestamp> {
    Statement ready = connection.prepare(kNextJob);
    if (ready.step()) return ready.time(1);
    Statement waiting = connection.prepare(
        "SELECT not_before FROM jobs INDEXED BY jobs_waiting WHERE state = 0 AND head = 1 AND not_before IS "
        "NOT NULL ORDER BY "
        "not_before LIMIT 1");
    if (waiting.step()) return waiting.time(0);
    return std::nullopt;
  });
}

Result<std::optional<Timestamp>> SqliteJournal::greatest_updated_at(const ArticleId& id) {
  return database_.read(
      {"find latest time of article", id.value()}, [&](Connection& connection) -> std::optional<Timestamp> {
        Statement query = connection.prepare("SELECT updated_at FROM article_times WHERE article_id = ?");
        if (!query.bind(id).step()) return std::nullopt;
        return query.time(0);
      });
}

Result<std::size_t> SqliteJournal::prune(Timestamp before, std::size_t limit) {
  return database_.write({"prune jobs"}, [&](Connection& connection) {
    connection
        .prepare(
            "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = 2 AND finished_at < ? ORDER BY "
            "finished_at LIMIT ?)")
        .bind(before, limit)
        .run();
    return connection.changes();
  });
}

}  // namespace wellspring::store::sqlite
