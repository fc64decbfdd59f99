#include "store/sqlite/spool.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "store/sqlite/job_payload.hpp"

namespace wellspring::store::sqlite {
namespace {

constexpr const char* kWaiting =
    "SELECT count(*), coalesce(sum(text_bytes), 0) FROM spooled_jobs INDEXED BY spooled_jobs_backlog "
    "WHERE moved_to IS NULL";

Backlog count_waiting(Connection& connection) {
  Statement query = connection.prepare(kWaiting);
  query.step();
  return {query.count(0), query.count(1)};
}

std::optional<JobId> find_delivery(Connection& connection, const std::string& delivery) {
  if (delivery.empty()) return std::nullopt;
  Statement query = connection.prepare("SELECT id FROM spooled_jobs WHERE delivery = ?");
  if (!query.bind(delivery).step()) return std::nullopt;
  return JobId(query.integer(0));
}

/// Columns: id, accepted_at, kind, priority, payload, moved_to, delivery.
SpooledJob read_spooled(const Statement& row) {
  SpooledJob spooled{JobId(row.integer(0)), row.time(1), {}};
  spooled.job.kind = static_cast<model::JobKind>(row.integer(2));
  spooled.job.priority = static_cast<model::JobPriority>(row.integer(3));
  if (!row.is_null(4)) spooled.job.article = read_payload(row.text(4));
  if (!row.is_null(5)) spooled.moved_to = JobId(row.integer(5));
  spooled.job.delivery = row.optional_text(6).value_or("");
  return spooled;
}

}  // namespace

Result<std::vector<Appended>> SqliteSpool::append(std::span<const model::NewJob> jobs, Timestamp now,
                                                  std::size_t most) {
  return database_.write({"spool jobs"}, [&](Connection& connection) {
    const std::size_t waiting = count_waiting(connection).jobs;
    if (waiting + jobs.size() > most) {
      throw Failure(fail(ErrorKind::kOverloaded,
                         fmt::format("{} jobs wait in the data directory for MongoDB to return and {} are "
                                     "allowed; try again later, or raise mongo.spool_jobs_max",
                                     waiting, most)));
    }
    std::vector<Appended> all;
    all.reserve(jobs.size());
    for (const model::NewJob& job : jobs) {
      if (const auto known = find_delivery(connection, job.delivery)) {
        all.push_back({*known, false});
        continue;
      }
      connection
          .prepare(
              "INSERT INTO spooled_jobs (accepted_at, kind, priority, payload, delivery, text_bytes) "
              "VALUES (?, ?, ?, ?, nullif(?, ''), ?)")
          .bind(now, job.kind, job.priority, boost::json::serialize(model::to_json(job.article)),
                job.delivery, model::text_bytes(job.article))
          .run();
      all.push_back({JobId(connection.last_insert_id())});
    }
    return all;
  });
}

Result<std::vector<SpooledJob>> SqliteSpool::oldest(std::size_t limit) {
  return database_.read({"read spooled jobs"}, [&](Connection& connection) {
    Statement query = connection.prepare(
        "SELECT id, accepted_at, kind, priority, payload, moved_to, delivery FROM spooled_jobs "
        "WHERE moved_to IS NULL "
        "ORDER BY id LIMIT ?");
    query.bind(limit);
    std::vector<SpooledJob> found;
    while (query.step()) found.push_back(read_spooled(query));
    return found;
  });
}

Result<void> SqliteSpool::moved(std::span<const std::pair<JobId, JobId>> ids) {
  return database_.write({"record that spooled jobs moved"}, [&](Connection& connection) {
    for (const auto& [from, to] : ids) {
      connection.prepare("UPDATE spooled_jobs SET moved_to = ?, payload = NULL WHERE id = ?")
          .bind(to, from)
          .run();
    }
  });
}

Result<std::optional<SpooledJob>> SqliteSpool::find(JobId id) {
  return database_.read({"find spooled job", std::to_string(id.value())},
                        [&](Connection& connection) -> std::optional<SpooledJob> {
                          Statement query = connection.prepare(
                              "SELECT id, accepted_at, kind, priority, payload, moved_to, delivery FROM "
                              "spooled_jobs WHERE id = ?");
                          if (!query.bind(id).step()) return std::nullopt;
                          return read_spooled(query);
                        });
}

Result<std::vector<std::optional<JobId>>> SqliteSpool::find_deliveries(std::span<const model::NewJob> jobs) {
  return database_.read({"find spooled deliveries"}, [&](Connection& connection) {
    std::vector<std::optional<JobId>> found;
    for (const model::NewJob& job : jobs) found.push_back(find_delivery(connection, job.delivery));
    return found;
  });
}

Result<Backlog> SqliteSpool::waiting() {
  return database_.read({"count spooled jobs"}, count_waiting);
}

Result<void> SqliteSpool::prune(Timestamp before) {
  return database_.write({"prune spooled jobs"}, [&](Connection& connection) {
    connection.prepare("DELETE FROM spooled_jobs WHERE moved_to IS NOT NULL AND accepted_at < ?")
        .bind(before)
        .run();
  });
}

}  // namespace wellspring::store::sqlite
