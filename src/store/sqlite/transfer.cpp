#include "store/sqlite/transfer.hpp"

#include <boost/json.hpp>

#include "model/metadata_json.hpp"

namespace wellspring::store::sqlite {
namespace {

using model::Job;
using model::JobState;

void remember(Connection& connection, const ArticleTime& time) {
  connection
      .prepare(
          "INSERT INTO article_times VALUES (?, ?) ON CONFLICT (article_id) DO UPDATE SET "
          "updated_at = max(updated_at, excluded.updated_at)")
      .bind(time.article, time.updated_at)
      .run();
}

void put(Connection& connection, const Job& job) {
  const model::Article& article = job.article;
  const bool done = job.state == JobState::kDone;
  const JobState state = job.state == JobState::kRunning ? JobState::kQueued : job.state;
  connection
      .prepare(
          "INSERT OR REPLACE INTO jobs (id, article_id, locale, title, updated_at, kind, priority, state, "
          "outcome, attempts, last_error, accepted_at, not_before, finished_at, head, payload, delivery, "
          "text_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, nullif(?, ''), ?)")
      .bind(job.id, article.key.id, article.key.locale, article.title, article.updated_at, job.kind,
            job.priority, state, job.outcome, std::int64_t{job.attempts}, job.last_error, job.accepted_at,
            job.not_before, job.finished_at,
            done ? std::nullopt : std::optional(boost::json::serialize(model::to_json(article))),
            job.delivery, model::text_bytes(article))
      .run();
  if (article.updated_at) remember(connection, {article.key.id, *article.updated_at});
}

/// No restored job runs, so the oldest unfinished one of each article is next.
void choose_heads(Connection& connection) {
  connection.execute("UPDATE jobs SET head = 0 WHERE state < 2 AND head = 1");
  connection.execute(
      "UPDATE jobs SET head = 1 WHERE id IN (SELECT min(id) FROM jobs WHERE state < 2 GROUP BY article_id)");
}

}  // namespace

Result<std::vector<StoredRevision>> SqliteTransfer::tombstones(const std::optional<ArticleId>& after,
                                                               std::size_t limit) {
  return database_.read({"list tombstones"}, [&](Connection& connection) {
    Statement query = connection.prepare(
        "SELECT article_id, updated_at, stored_at FROM tombstones WHERE ?1 IS NULL OR article_id > ?1 "
        "ORDER BY article_id LIMIT ?2");
    query.bind(after, limit);
    std::vector<StoredRevision> page;
    while (query.step()) {
      StoredRevision& tombstone = page.emplace_back();
      tombstone.key = {ArticleId(query.text(0)), ""};
      tombstone.updated_at = query.time(1);
      tombstone.stored_at = query.time(2);
    }
    return page;
  });
}

Result<std::vector<ArticleTime>> SqliteTransfer::article_times(const std::optional<ArticleId>& after,
                                                               std::size_t limit) {
  return database_.read({"list times of articles"}, [&](Connection& connection) {
    Statement query = connection.prepare(
        "SELECT article_id, updated_at FROM article_times WHERE ?1 IS NULL OR article_id > ?1 "
        "ORDER BY article_id LIMIT ?2");
    query.bind(after, limit);
    std::vector<ArticleTime> page;
    while (query.step()) page.push_back({ArticleId(query.text(0)), query.time(1)});
    return page;
  });
}

Result<void> SqliteTransfer::restore_times(std::span<const ArticleTime> times) {
  return database_.write({"restore times of articles"}, [&](Connection& connection) {
    for (const ArticleTime& time : times) remember(connection, time);
  });
}

Result<void> SqliteTransfer::restore_jobs(std::span<const Job> jobs) {
  return database_.write({"restore jobs"}, [&](Connection& connection) {
    for (const Job& job : jobs) put(connection, job);
    choose_heads(connection);
  });
}

Result<void> SqliteTransfer::restore_sources(std::span<const model::Source> sources) {
  return database_.write({"restore sources"}, [&](Connection& connection) {
    for (const model::Source& source : sources) {
      connection.prepare("DELETE FROM data_sources WHERE id = ?").bind(source.id.value()).run();
      Statement other = connection.prepare("SELECT 1 FROM data_sources WHERE uri = ?");
      if (other.bind(source.uri).step()) {
        throw Failure(
            fail(ErrorKind::kConflict, "there is another source with the URI " + source.uri, source.uri));
      }
      connection
          .prepare(
              "INSERT INTO data_sources (id, name, type, uri, status, last_ingested_at, created_at, "
              "updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
          .bind(source.id.value(), source.name, source.type, source.uri, source.status,
                source.last_ingested_at, source.created_at, source.updated_at)
          .run();
    }
  });
}

}  // namespace wellspring::store::sqlite
