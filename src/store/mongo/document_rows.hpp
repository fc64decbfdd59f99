#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/article_store.hpp"
#include "store/mongo/bson.hpp"

/// One row per article: which revisions are live, in all locales, and what is remembered of it. Changing the
/// row changes what readers see, in one step. Pure.
namespace wellspring::store::mongo {

/// A live revision. Its chunks are the rows that carry its id, or, when the rows were another program's, the
/// ones listed.
struct LiveRevision {
  std::string locale;
  Oid revision;
  std::optional<Timestamp> updated_at;
  std::string content_hash;
  std::string title;
  std::string source;
  std::string embedding_model;  ///< every chunk has a vector of it; empty: that is not known
  std::size_t chunk_count = 0;
  std::size_t row_bytes = 0;  ///< of the largest row
  Timestamp stored_at;
  std::optional<Array> rows{};      ///< adopted: ids of the chunks in reading order
  std::optional<Array> unserved{};  ///< adopted: ids of rows that go with the article but are not served

  bool operator==(const LiveRevision&) const = default;
};

/// Rows of a revision that is not live.
struct Leftover {
  Oid revision;
  bool staged = false;          ///< still being written: may become live
  std::optional<Array> rows{};  ///< adopted: ids of its rows

  bool operator==(const Leftover&) const = default;
};

struct Tombstone {
  Timestamp updated_at;
  Timestamp stored_at;
  bool operator==(const Tombstone&) const = default;
};

struct DocumentRow {
  ArticleId id;
  std::int64_t version = 0;        ///< grows by one with each change of the row; 0: there is none yet
  std::int64_t change = 0;         ///< of the sequence of all changes to what is live
  std::vector<LiveRevision> live;  ///< by locale
  std::vector<Leftover> leftovers;
  std::optional<Tombstone> tombstone;

  const LiveRevision* find(const std::string& locale) const;
  bool operator==(const DocumentRow&) const = default;
};

Doc to_bson(const DocumentRow& row);
/// Throws Failure (kCorrupt).
DocumentRow read_document(const bson_t& row);

StoredRevision stored(const ArticleId& id, const LiveRevision& live);
/// The tombstone as `locale` sees it.
StoredRevision stored(const ArticleId& id, const std::string& locale, const Tombstone& tombstone);
/// All live revisions, then the tombstone.
std::vector<StoredRevision> stored(const DocumentRow& row);

// Each step tells whether the row changed.

/// Announces rows that are about to be written.
bool stage(DocumentRow& row, const Oid& revision);
/// Makes a staged revision live in place of the one of its locale, whose rows become leftovers. Throws
/// Failure (kConflict) when its staging was ended by somebody else.
bool flip(DocumentRow& row, LiveRevision next, std::int64_t change);
/// Makes a revision of rows that exist live, where the article has none in that locale and is not a
/// tombstone.
bool adopt(DocumentRow& row, LiveRevision next, std::int64_t change);
/// Takes all live revisions out; a tombstone's time never falls.
bool remove(DocumentRow& row, std::optional<Timestamp> tombstone, Timestamp now, std::int64_t change);
/// Nobody may make the staged revisions live any more.
bool end_staging(DocumentRow& row);
/// Forgets leftovers whose rows are gone.
bool forget(DocumentRow& row, const std::vector<Leftover>& gone);

}  // namespace wellspring::store::mongo
