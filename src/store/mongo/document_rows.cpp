#include "store/mongo/document_rows.hpp"

#include <algorithm>

#include "base/result.hpp"

namespace wellspring::store::mongo {
namespace {

Doc to_bson(const LiveRevision& live) {
  Doc row = doc("locale", live.locale, "revision", live.revision, "updated_at", live.updated_at,
                "content_hash", live.content_hash, "title", live.title, "source", live.source,
                "embedding_model", live.embedding_model, "chunk_count", live.chunk_count, "row_bytes",
                live.row_bytes, "stored_at", live.stored_at);
  if (live.rows) add_to(row, "rows", *live.rows);
  if (live.unserved) add_to(row, "unserved", *live.unserved);
  return row;
}

Doc to_bson(const Leftover& leftover) {
  Doc row = doc("revision", leftover.revision, "staged", leftover.staged);
  if (leftover.rows) add_to(row, "rows", *leftover.rows);
  return row;
}

LiveRevision read_live(const Doc& row, const std::string& what) {
  const Fields fields(*row, what);
  return {.locale = fields.text("locale"),
          .revision = fields.oid("revision"),
          .updated_at = fields.optional_time("updated_at"),
          .content_hash = fields.text("content_hash"),
          .title = fields.text("title"),
          .source = fields.text("source"),
          .embedding_model = fields.text("embedding_model"),
          .chunk_count = fields.count("chunk_count"),
          .row_bytes = fields.count("row_bytes"),
          .stored_at = fields.time("stored_at"),
          .rows = fields.optional_array("rows"),
          .unserved = fields.optional_array("unserved")};
}

/// All rows of an adopted revision.
std::optional<Array> all_rows(const LiveRevision& live) {
  if (!live.rows) return std::nullopt;
  Array all = *live.rows;
  if (live.unserved) {
    for_each_value(*live.unserved->doc(), [&](const bson_value_t& id) { all.push(id); });
  }
  return all;
}

Leftover leftover_of(const LiveRevision& live) {
  return {.revision = live.revision, .staged = false, .rows = all_rows(live)};
}

void put(std::vector<LiveRevision>& live, LiveRevision next) {
  const auto after = std::find_if(live.begin(), live.end(),
                                  [&](const LiveRevision& other) { return other.locale >= next.locale; });
  if (after != live.end() && after->locale == next.locale) {
    *after = std::move(next);
  } else {
    live.insert(after, std::move(next));
  }
}

}  // namespace

const LiveRevision* DocumentRow::find(const std::string& locale) const {
  const auto found = std::find_if(live.begin(), live.end(),
                                  [&](const LiveRevision& revision) { return revision.locale == locale; });
  return found == live.end() ? nullptr : &*found;
}

Doc to_bson(const DocumentRow& row) {
  Array live;
  Array leftovers;
  std::size_t chunks = 0;
  for (const LiveRevision& revision : row.live) {
    live.push(to_bson(revision));
    chunks += revision.chunk_count;
  }
  for (const Leftover& leftover : row.leftovers) leftovers.push(to_bson(leftover));
  Doc made = doc("_id", row.id.value(), "version", row.version, "change", row.change, "live", live,
                 "live_count", row.live.size(), "chunk_count", chunks, "leftovers", leftovers,
                 "leftover_count", row.leftovers.size());
  if (row.tombstone) {
    add_to(made, "tombstone",
           doc("updated_at", row.tombstone->updated_at, "stored_at", row.tombstone->stored_at));
  }
  return made;
}

DocumentRow read_document(const bson_t& bson) {
  const std::string what = "document row " + label_of(bson, "_id");
  const Fields fields(bson, what);
  DocumentRow row;
  row.id = ArticleId(fields.text("_id"));
  row.version = fields.integer("version");
  row.change = fields.integer("change");
  for (const Doc& live : fields.documents("live")) row.live.push_back(read_live(live, what));
  for (const Doc& leftover : fields.documents("leftovers")) {
    const Fields members(*leftover, what);
    row.leftovers.push_back({.revision = members.oid("revision"),
                             .staged = members.flag("staged"),
                             .rows = members.optional_array("rows")});
  }
  if (fields.has("tombstone")) {
    row.tombstone = {.updated_at = fields.optional_time("tombstone.updated_at").value_or(Timestamp{}),
                     .stored_at = fields.optional_time("tombstone.stored_at").value_or(Timestamp{})};
  }
  return row;
}

StoredRevision stored(const ArticleId& id, const LiveRevision& live) {
  return {.key = {id, live.locale},
          .live = true,
          .updated_at = live.updated_at,
          .content_hash = live.content_hash,
          .title = live.title,
          .source = live.source,
          .chunk_count = live.chunk_count,
          .stored_at = live.stored_at,
          .embedding_model = live.embedding_model};
}

StoredRevision stored(const ArticleId& id, const std::string& locale, const Tombstone& tombstone) {
  StoredRevision revision;
  revision.key = {id, locale};
  revision.updated_at = tombstone.updated_at;
  revision.stored_at = tombstone.stored_at;
  return revision;
}

std::vector<StoredRevision> stored(const DocumentRow& row) {
  std::vector<StoredRevision> all;
  for (const LiveRevision& live : row.live) all.push_back(stored(row.id, live));
  if (row.tombstone) all.push_back(stored(row.id, "", *row.tombstone));
  return all;
}

bool stage(DocumentRow& row, const Oid& revision) {
  row.leftovers.push_back({.revision = revision, .staged = true});
  return true;
}

bool flip(DocumentRow& row, LiveRevision next, std::int64_t change) {
  const auto staged = std::find_if(row.leftovers.begin(), row.leftovers.end(), [&](const Leftover& leftover) {
    return leftover.revision == next.revision && leftover.staged;
  });
  if (staged == row.leftovers.end()) {
    throw Failure(fail(ErrorKind::kUnavailable,
                       "another process cleared the rows of this revision away; publish again"));
  }
  row.leftovers.erase(staged);
  if (const LiveRevision* old = row.find(next.locale)) {
    if (!next.updated_at) next.updated_at = old->updated_at;
    row.leftovers.push_back(leftover_of(*old));
  }
  put(row.live, std::move(next));
  row.change = change;
  return true;
}

bool adopt(DocumentRow& row, LiveRevision next, std::int64_t change) {
  const bool removed = row.version > 0 && row.live.empty();
  if (removed || row.tombstone || row.find(next.locale) != nullptr) return false;
  put(row.live, std::move(next));
  row.change = change;
  return true;
}

bool remove(DocumentRow& row, std::optional<Timestamp> tombstone, Timestamp now, std::int64_t change) {
  if (row.live.empty() && !tombstone) return false;
  for (const LiveRevision& live : row.live) row.leftovers.push_back(leftover_of(live));
  row.live.clear();
  if (tombstone) {
    const Timestamp before = row.tombstone ? row.tombstone->updated_at : *tombstone;
    row.tombstone = {.updated_at = std::max(before, *tombstone), .stored_at = now};
  }
  row.change = change;
  return true;
}

bool end_staging(DocumentRow& row) {
  bool ended = false;
  for (Leftover& leftover : row.leftovers) ended = std::exchange(leftover.staged, false) || ended;
  return ended;
}

bool forget(DocumentRow& row, const std::vector<Leftover>& gone) {
  return std::erase_if(row.leftovers, [&](const Leftover& leftover) {
           return std::find(gone.begin(), gone.end(), leftover) != gone.end();
         }) > 0;
}

}  // namespace wellspring::store::mongo
