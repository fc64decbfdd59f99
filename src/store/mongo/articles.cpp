#include "store/mongo/articles.hpp"

#include <algorithm>

#include "store/mongo/chunk_rows.hpp"

namespace wellspring::store::mongo {
namespace {

// A reader loses a race only to a publish of the very article it reads.
constexpr int kReadAttempts = 100;
constexpr std::size_t kPage = 512;
constexpr std::size_t kPageBytes = 16U << 20;

LiveRevision live_of(const Revision& revision, const Oid& id, const std::vector<Doc>& rows, Timestamp now) {
  std::size_t row_bytes = 0;
  for (const Doc& row : rows) row_bytes = std::max(row_bytes, row.bytes());
  return {.locale = revision.key.locale,
          .revision = id,
          .updated_at = revision.updated_at,
          .content_hash = revision.content_hash,
          .title = revision.title,
          .source = revision.source,
          .embedding_model = revision.embedding_model,
          .chunk_count = rows.size(),
          .row_bytes = row_bytes,
          .stored_at = now};
}

std::vector<Wanted> live_in(const std::vector<DocumentRow>& rows) {
  std::vector<Wanted> all;
  for (const DocumentRow& row : rows) {
    for (const LiveRevision& live : row.live) all.push_back({row.id, live});
  }
  return all;
}

}  // namespace

Result<std::optional<StoredRevision>> MongoArticles::find(const model::ArticleKey& key) {
  return attempt({"find article", key.id.value()}, [&]() -> std::optional<StoredRevision> {
    const DocumentRow row = documents_.read(key.id);
    if (const LiveRevision* live = row.find(key.locale)) return stored(key.id, *live);
    if (row.tombstone) return stored(key.id, key.locale, *row.tombstone);
    return std::nullopt;
  });
}

Result<std::vector<StoredRevision>> MongoArticles::find_all(const ArticleId& id) {
  return attempt({"find article", id.value()}, [&] { return stored(documents_.read(id)); });
}

std::optional<MongoArticles::Chunks> MongoArticles::load(const model::ArticleKey& key,
                                                         const std::optional<std::string>& embedding_model) {
  std::optional<Oid> before;
  for (int i = 0; i < kReadAttempts; ++i) {
    const DocumentRow row = documents_.read(key.id);
    const LiveRevision* live = row.find(key.locale);
    if (live == nullptr) return std::nullopt;
    const bool is_still_live = before == live->revision;
    if (is_still_live && !live->rows) {
      throw Failure(
          fail(ErrorKind::kCorrupt, "chunks of its revision are missing; publish the article again"));
    }
    const Wanted wanted{key.id, *live};
    const Missing missing = is_still_live ? Missing::kLeaveOut : Missing::kRefuse;
    if (auto read = std::move(reader_.read({&wanted, 1}, embedding_model, missing).front())) return read;
    before = live->revision;
  }
  throw Failure(fail(ErrorKind::kUnavailable, "the article changes faster than it can be read; try again"));
}

Result<std::vector<model::EmbeddedChunk>> MongoArticles::chunks(const model::ArticleKey& key) {
  return attempt({"read chunks of article", key.id.value()},
                 [&] { return load(key, std::nullopt).value_or(Chunks{}); });
}

Result<void> MongoArticles::publish(const Revision& revision, Timestamp now) {
  if (auto fit = check(revision); !fit) return fit.error();
  return attempt({"publish article", revision.key.id.value()}, [&] {
    const Oid id = documents_.make_id();
    const std::vector<Doc> rows = chunk_rows(revision, id, [&] { return documents_.make_id(); });
    DocumentRow row = documents_.sweep(documents_.read(revision.key.id));
    row = documents_.modify(std::move(row), [&](DocumentRow& current) { return stage(current, id); });
    insert_all(channel_, names_.chunks, rows);
    const std::int64_t change = documents_.next_change();
    row = documents_.modify(std::move(row), [&](DocumentRow& current) {
      return flip(current, live_of(revision, id, rows, now), change);
    });
    sweep(std::move(row));
  });
}

Result<void> MongoArticles::remove(const ArticleId& id, std::optional<Timestamp> tombstone, Timestamp now) {
  return attempt({"remove article", id.value()}, [&] {
    DocumentRow row = documents_.read(id);
    if (row.live.empty() && !tombstone) return;
    const std::int64_t change = documents_.next_change();
    row = documents_.modify(
        std::move(row), [&](DocumentRow& current) { return mongo::remove(current, tombstone, now, change); });
    sweep(std::move(row));
  });
}

/// What has just been replaced is no longer read; should its rows stay behind now, the article's row names
/// them until they are gone.
void MongoArticles::sweep(DocumentRow row) {
  const std::string id = row.id.value();
  const auto swept = attempt({"sweep rows of article", id}, [&] { documents_.sweep(std::move(row)); });
  if (!swept) log_.warning("store.mongo", swept.error().message);
}

Result<std::vector<StoredRevision>> MongoArticles::list(const std::string& source, std::size_t offset,
                                                        std::size_t limit) {
  return attempt({"list articles"}, [&] {
    Doc filter = doc("live_count", doc("$gt", 0));
    if (!source.empty()) add_to(filter, "live.source", source);
    std::vector<StoredRevision> page;
    if (limit == 0) return page;
    channel_.use([&](Session& session) {
      session.find(names_.documents, filter, doc("sort", doc("_id", 1)), [&](const bson_t& found) {
        const DocumentRow row = read_document(found);
        for (const LiveRevision& live : row.live) {
          if (!source.empty() && live.source != source) continue;
          if (offset > 0) {
            --offset;
          } else if (page.size() < limit) {
            page.push_back(stored(row.id, live));
          }
        }
        return page.size() < limit;
      });
    });
    return page;
  });
}

Result<void> MongoArticles::visit_page(const std::vector<DocumentRow>& rows,
                                       const std::string& embedding_model, const Visit& visit) {
  const std::vector<Wanted> wanted = live_in(rows);
  std::vector<std::size_t> bytes;
  for (const Wanted& each : wanted) bytes.push_back(each.live.chunk_count * each.live.row_bytes);
  std::size_t begin = 0;
  for (const std::size_t end : batch_ends(bytes, kPageBytes, wanted.size())) {
    auto read = attempt({"read all articles"}, [&] {
      return reader_.read(std::span(wanted).subspan(begin, end - begin), embedding_model);
    });
    if (!read) return read.error();
    for (std::size_t i = begin; i < end; ++i) {
      const model::ArticleKey key{wanted[i].article, wanted[i].live.locale};
      std::optional<Chunks> chunks = std::move((*read)[i - begin]);
      if (!chunks) {
        auto again =
            attempt({"read chunks of article", key.id.value()}, [&] { return load(key, embedding_model); });
        if (!again) return again.error();
        chunks = std::move(*again);
      }
      if (!chunks) continue;
      if (auto visited = visit(key, std::move(*chunks)); !visited) return visited;
    }
    begin = end;
  }
  return {};
}

Result<void> MongoArticles::for_each(const std::string& embedding_model, const Visit& visit) {
  std::optional<ArticleId> after;
  while (true) {
    const auto rows = attempt({"read all articles"}, [&] {
      return documents_.page(doc("live_count", doc("$gt", 0)), after, kPage);
    });
    if (!rows) return rows.error();
    if (rows->empty()) return {};
    after = rows->back().id;
    if (auto visited = visit_page(*rows, embedding_model, visit); !visited) return visited;
  }
}

Result<StoreCounts> MongoArticles::counts() {
  return attempt({"count articles"}, [&] {
    StoreCounts counts;
    channel_.use([&](Session& session) {
      // One sum at a time: FerretDB 1.24 answers 0 for a second one in the same $group.
      const auto sum = [&](const char* of, std::size_t& total) {
        const Array pipeline = array(doc("$match", doc("live_count", doc("$gt", 0))),
                                     doc("$group", doc("_id", nullptr, "n", doc("$sum", of))));
        session.aggregate(names_.documents, pipeline, [&](const bson_t& row) {
          total = Fields(row, "the counts").count("n");
          return true;
        });
      };
      sum("$live_count", counts.articles);
      sum("$chunk_count", counts.chunks);
    });
    return counts;
  });
}

}  // namespace wellspring::store::mongo
