#include "store/sqlite/sources.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"

namespace wellspring::store::sqlite {
namespace {

using model::Source;

constexpr std::string_view kColumns = "id, name, type, uri, status, last_ingested_at, created_at, updated_at";

std::string select_sources(std::string_view rest) {
  return fmt::format("SELECT {} FROM data_sources {}", kColumns, rest);
}

Source read_source(const Statement& row) {
  return {.id = model::SourceId(row.text(0)),
          .name = row.text(1),
          .type = row.text(2),
          .uri = row.text(3),
          .status = row.text(4),
          .last_ingested_at = row.optional_time(5),
          .created_at = row.time(6),
          .updated_at = row.time(7)};
}

std::optional<Source> find_source(Connection& connection, const model::SourceId& id) {
  Statement query = connection.prepare(select_sources("WHERE id = ?"));
  if (!query.bind(id.value()).step()) return std::nullopt;
  return read_source(query);
}

void require_free(Connection& connection, const std::string& uri, const model::SourceId& except) {
  Statement query = connection.prepare("SELECT 1 FROM data_sources WHERE uri = ? AND id <> ?");
  if (query.bind(uri, except.value()).step()) {
    throw Failure(fail(ErrorKind::kConflict, fmt::format("there is a source with the URI {}", uri)));
  }
}

void require_room(Connection& connection) {
  Statement query = connection.prepare("SELECT count(*) FROM data_sources");
  if (query.step() && query.count(0) >= limits::kSources) {
    throw Failure(
        fail(ErrorKind::kTooLarge,
             fmt::format("there are {} sources, as many as are allowed; delete one first", query.count(0))));
  }
}

void insert(Connection& connection, const Source& source) {
  connection.prepare(fmt::format("INSERT INTO data_sources ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", kColumns))
      .bind(source.id.value(), source.name, source.type, source.uri, source.status, source.last_ingested_at,
            source.created_at, source.updated_at)
      .run();
}

void replace(Connection& connection, const Source& source) {
  connection
      .prepare(
          "UPDATE data_sources SET name = ?, type = ?, uri = ?, status = ?, last_ingested_at = ?, "
          "updated_at = ? WHERE id = ?")
      .bind(source.name, source.type, source.uri, source.status, source.last_ingested_at, source.updated_at,
            source.id.value())
      .run();
}

Error unknown_source() {
  return fail(ErrorKind::kNotFound, "there is no such source");
}

}  // namespace

Result<Source> SqliteSources::create(const model::NewSource& source, Timestamp now) {
  return database_.write({"create source", source.uri}, [&](Connection& connection) {
    Source fresh = model::created(source, model::SourceId(ids_.next(now)), now);
    require_free(connection, fresh.uri, fresh.id);
    require_room(connection);
    insert(connection, fresh);
    return fresh;
  });
}

Result<std::vector<Source>> SqliteSources::list() {
  return database_.read({"list sources"}, [](Connection& connection) {
    Statement query = connection.prepare(select_sources("ORDER BY position"));
    std::vector<Source> all;
    while (query.step()) all.push_back(read_source(query));
    return all;
  });
}

Result<std::optional<Source>> SqliteSources::find(const model::SourceId& id) {
  return database_.read({"find source", id.value()},
                        [&](Connection& connection) { return find_source(connection, id); });
}

Result<Source> SqliteSources::update(const model::SourceId& id, const model::SourceChanges& changes,
                                     Timestamp now) {
  return database_.write({"update source", id.value()}, [&](Connection& connection) {
    std::optional<Source> stored = find_source(connection, id);
    if (!stored) throw Failure(unknown_source());
    Source after = model::changed(std::move(*stored), changes, now);
    require_free(connection, after.uri, id);
    replace(connection, after);
    return after;
  });
}

Result<void> SqliteSources::remove(const model::SourceId& id) {
  return database_.write({"delete source", id.value()}, [&](Connection& connection) {
    connection.prepare("DELETE FROM data_sources WHERE id = ?").bind(id.value()).run();
    if (connection.changes() == 0) throw Failure(unknown_source());
  });
}

}  // namespace wellspring::store::sqlite
