#include "store/sqlite/articles.hpp"

#include <bit>
#include <boost/json.hpp>
#include <cstring>

#include "model/metadata_json.hpp"

namespace wellspring::store::sqlite {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are stored as little-endian float32");

constexpr std::string_view kRevisionColumns =
    "article_id, locale, updated_at, content_hash, title, source, chunk_count, stored_at, embedding_model";

StoredRevision live_revision(const Statement& row) {
  StoredRevision revision;
  revision.key = {ArticleId(row.text(0)), row.text(1)};
  revision.live = true;
  revision.updated_at = row.optional_time(2);
  revision.content_hash = row.text(3);
  revision.title = row.text(4);
  revision.source = row.text(5);
  revision.chunk_count = row.count(6);
  revision.stored_at = row.time(7);
  revision.embedding_model = row.text(8);
  return revision;
}

std::string select_revisions(std::string_view rest) {
  return "SELECT " + std::string(kRevisionColumns) + " FROM documents " + std::string(rest);
}

std::optional<StoredRevision> find_tombstone(Connection& connection, const model::ArticleKey& key) {
  Statement query = connection.prepare("SELECT updated_at, stored_at FROM tombstones WHERE article_id = ?");
  if (!query.bind(key.id).step()) return std::nullopt;
  StoredRevision tombstone;
  tombstone.key = key;
  tombstone.updated_at = query.time(0);
  tombstone.stored_at = query.time(1);
  return tombstone;
}

std::span<const std::byte> bytes_of(const std::vector<float>& vector) {
  return std::as_bytes(std::span(vector));
}

std::vector<float> vector_of(std::span<const std::byte> bytes) {
  if (bytes.size() % sizeof(float) != 0) {
    throw Failure(fail(ErrorKind::kCorrupt, "a stored vector is cut; publish the article again"));
  }
  std::vector<float> vector(bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(vector.data(), bytes.data(), bytes.size());
  return vector;
}

/// What every chunk of the revision carries, as JSON: the first chunk's metadata without what is its own.
std::optional<std::string> shared_metadata(const Revision& revision) {
  if (revision.chunks.empty()) return std::nullopt;
  model::ChunkMetadata shared = revision.chunks.front().chunk.metadata;
  shared.section.reset();
  shared.subsection.reset();
  shared.subsubsection.reset();
  return boost::json::serialize(model::to_json(shared));
}

model::ChunkMetadata shared_metadata(const std::string& text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object())
    throw Failure(fail(ErrorKind::kCorrupt, "stored metadata of a revision is no JSON object"));
  auto metadata = model::chunk_metadata_from_json(value.get_object());
  if (!metadata) throw Failure(metadata.error());
  return std::move(*metadata);
}

enum class Vectors { kRead, kSkip };

std::vector<model::EmbeddedChunk> read_chunks(Connection& connection, std::int64_t revision,
                                              std::size_t count, const model::ChunkMetadata& shared,
                                              Vectors vectors) {
  Statement row = connection.prepare(
      "SELECT text, body_offset, section, subsection, subsubsection, type, content_length, is_title_chunk, "
      "vector "
      "FROM chunks WHERE revision = ? ORDER BY position");
  row.bind(revision);
  std::vector<model::EmbeddedChunk> chunks;
  chunks.reserve(count);
  while (row.step()) {
    model::EmbeddedChunk& read = chunks.emplace_back();
    read.chunk.text = row.text(0);
    read.chunk.body_offset = row.count(1);
    model::ChunkMetadata& metadata = read.chunk.metadata = shared;
    metadata.section = row.optional_text(2);
    metadata.subsection = row.optional_text(3);
    metadata.subsubsection = row.optional_text(4);
    metadata.type = static_cast<model::ChunkType>(row.integer(5));
    metadata.content_length = row.count(6);
    metadata.is_title_chunk = row.integer(7) != 0;
    metadata.index = chunks.size() - 1;
    if (vectors == Vectors::kRead) read.vector = vector_of(row.blob(8));
  }
  if (chunks.size() != count)
    throw Failure(fail(ErrorKind::kCorrupt, "chunks of a revision are missing; publish the article again"));
  return chunks;
}

void write_chunks(Connection& connection, std::int64_t revision,
                  const std::vector<model::EmbeddedChunk>& chunks) {
  Statement insert = connection.prepare("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const model::EmbeddedChunk& embedded : chunks) {
    const model::ChunkMetadata& metadata = embedded.chunk.metadata;
    insert
        .bind(revision, metadata.index, embedded.chunk.text, embedded.chunk.body_offset, metadata.section,
              metadata.subsection, metadata.subsubsection, metadata.type, metadata.content_length,
              std::int64_t{metadata.is_title_chunk}, bytes_of(embedded.vector))
        .run();
  }
}

/// Removes the live revision of `key` with its chunks; returns its `updated_at`.
std::optional<Timestamp> drop_revision(Connection& connection, const model::ArticleKey& key) {
  Statement drop =
      connection.prepare("DELETE FROM documents WHERE article_id = ? AND locale = ? RETURNING updated_at");
  drop.bind(key.id, key.locale);
  std::optional<Timestamp> updated_at;
  while (drop.step()) updated_at = drop.optional_time(0);
  return updated_at;
}

}  // namespace

Result<std::optional<StoredRevision>> SqliteArticles::find(const model::ArticleKey& key) {
  return database_.read(
      {"find article", key.id.value()}, [&](Connection& connection) -> std::optional<StoredRevision> {
        Statement query = connection.prepare(select_revisions("WHERE article_id = ? AND locale = ?"));
        if (query.bind(key.id, key.locale).step()) return live_revision(query);
        return find_tombstone(connection, key);
      });
}

Result<std::vector<StoredRevision>> SqliteArticles::find_all(const ArticleId& id) {
  return database_.read({"find article", id.value()}, [&](Connection& connection) {
    std::vector<StoredRevision> all;
    Statement query = connection.prepare(select_revisions("WHERE article_id = ? ORDER BY locale"));
    query.bind(id);
    while (query.step()) all.push_back(live_revision(query));
    if (auto tombstone = find_tombstone(connection, {id, ""})) all.push_back(std::move(*tombstone));
    return all;
  });
}

Result<std::vector<model::EmbeddedChunk>> SqliteArticles::chunks(const model::ArticleKey& key) {
  return database_.read({"read chunks of article", key.id.value()}, [&](Connection& connection) {
    Statement query = connection.prepare(
        "SELECT revision, chunk_count, chunk_metadata FROM documents WHERE article_id = ? AND locale = ?");
    if (!query.bind(key.id, key.locale).step() || query.is_null(2))
      return std::vector<model::EmbeddedChunk>{};
    return read_chunks(connection, query.integer(0), query.count(1), shared_metadata(query.text(2)),
                       Vectors::kRead);
  });
}

Result<void> SqliteArticles::publish(const Revision& revision, Timestamp now) {
  if (auto fit = check(revision); !fit) return fit.error();
  return database_.write({"publish article", revision.key.id.value()}, [&](Connection& connection) {
    const std::optional<Timestamp> replaced = drop_revision(connection, revision.key);
    connection
        .prepare(
            "INSERT INTO documents (article_id, locale, updated_at, content_hash, title, source, "
            "embedding_model, "
            "chunk_count, stored_at, chunk_metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(revision.key.id, revision.key.locale, revision.updated_at ? revision.updated_at : replaced,
              revision.content_hash, revision.title, revision.source, revision.embedding_model,
              revision.chunks.size(), now, shared_metadata(revision))
        .run();
    write_chunks(connection, connection.last_insert_id(), revision.chunks);
  });
}

Result<void> SqliteArticles::remove(const ArticleId& id, std::optional<Timestamp> tombstone, Timestamp now) {
  return database_.write({"remove article", id.value()}, [&](Connection& connection) {
    connection.prepare("DELETE FROM documents WHERE article_id = ?").bind(id).run();
    if (!tombstone) return;
    connection
        .prepare(
            "INSERT INTO tombstones VALUES (?, ?, ?) ON CONFLICT (article_id) DO UPDATE SET "
            "updated_at = max(updated_at, excluded.updated_at), stored_at = excluded.stored_at")
        .bind(id, *tombstone, now)
        .run();
  });
}

Result<std::vector<StoredRevision>> SqliteArticles::list(const std::string& source, std::size_t offset,
                                                         std::size_t limit) {
  return database_.read({"list articles"}, [&](Connection& connection) {
    std::vector<StoredRevision> page;
    Statement query = connection.prepare(
        select_revisions(source.empty() ? "WHERE ? = '' ORDER BY article_id, locale LIMIT ? OFFSET ?"
                                        : "WHERE source = ? ORDER BY article_id, locale LIMIT ? OFFSET ?"));
    query.bind(source, limit, offset);
    while (query.step()) page.push_back(live_revision(query));
    return page;
  });
}

Result<void> SqliteArticles::for_each(
    const std::string& embedding_model,
    const std::function<Result<void>(const model::ArticleKey&, std::vector<model::EmbeddedChunk>&&)>& visit) {
  std::optional<Error> refused;
  auto read = database_.read({"read all articles"}, [&](Connection& connection) {
    Statement document = connection.prepare(
        "SELECT article_id, locale, revision, chunk_count, chunk_metadata, embedding_model FROM documents "
        "ORDER BY revision");
    while (!refused && document.step()) {
      std::vector<model::EmbeddedChunk> chunks;
      if (!document.is_null(4)) {
        const Vectors vectors = document.text(5) == embedding_model ? Vectors::kRead : Vectors::kSkip;
        chunks = read_chunks(connection, document.integer(2), document.count(3),
                             shared_metadata(document.text(4)), vectors);
      }
      auto visited = visit({ArticleId(document.text(0)), document.text(1)}, std::move(chunks));
      if (!visited) refused = visited.error();
    }
  });
  if (refused) return *refused;
  return read;
}

Result<StoreCounts> SqliteArticles::counts() {
  return database_.read({"count articles"}, [](Connection& connection) {
    Statement query = connection.prepare("SELECT count(*), coalesce(sum(chunk_count), 0) FROM documents");
    query.step();
    return StoreCounts{query.count(0), query.count(1)};
  });
}

}  // namespace wellspring::store::sqlite
