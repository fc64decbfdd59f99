#include "store/mongo/missing_vectors.hpp"

#include <algorithm>
#include <map>

namespace wellspring::store::mongo {
namespace {

constexpr std::size_t kPage = 64;
constexpr std::size_t kUpdatesPerCommand = 1'000;
constexpr std::size_t kUpdateBytes = 1'024;  // around a vector, with an id and the model's name

bool has_vector(const bson_t& row, const std::string& embedding_model, std::size_t dimension) {
  const Fields fields(row, "chunk");
  const auto fits = [&](const char* vector, const char* model) {
    const auto read = vector_at(row, vector);
    return read && read->size() == dimension && fields.optional_text(model) == embedding_model;
  };
  // As chunk_rows.hpp reads them: a vector of ours hides the row's own.
  return fields.has("vector") ? fits("vector", "model") : fits("embedding", "metadata.embedding_model");
}

/// Live revisions not known to be complete. Any element of `live` decides, so this needs no inequality.
Doc incomplete(const std::string& embedding_model) {
  const auto other = [&](const char* comparison) {
    return doc("live.embedding_model", doc(comparison, embedding_model));
  };
  return doc("$or", array(other("$lt"), other("$gt")));
}

/// The inverse of key_of().
Doc id_filter(const std::string& row) {
  bson_t view;
  bson_iter_t at;
  if (!bson_init_static(&view, reinterpret_cast<const std::uint8_t*>(row.data()), row.size()) ||
      !bson_iter_init(&at, &view) || !bson_iter_next(&at)) {
    throw Failure(fail(ErrorKind::kBug, "a vector is put to a row that list() did not name"));
  }
  return doc("_id", *bson_iter_value(&at));
}

}  // namespace

std::vector<Wanted> MongoMissingVectors::look_into(std::span<const Wanted> revisions, const Search& search,
                                                   std::vector<UnembeddedChunk>& found) {
  Array own, adopted;
  std::map<std::string, std::size_t> by_revision, by_row;
  std::vector<bool> lacks(revisions.size(), false);
  std::size_t row_bytes = 1;
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    const LiveRevision& live = revisions[i].live;
    row_bytes = std::max(row_bytes, live.row_bytes);
    if (!live.rows) {
      own.push(live.revision);
      by_revision.emplace(live.revision.hex, i);
      continue;
    }
    for_each_value(*live.rows->doc(), [&](const bson_value_t& id) {
      adopted.push(id);
      by_row.emplace(key_of(id), i);
    });
  }
  bool to_the_end = true;
  const auto take = [&](const bson_t& row, std::size_t i) {
    auto text = Fields(row, "chunk").optional_text("text");
    if (!text || has_vector(row, search.embedding_model, search.dimension)) return true;
    lacks[i] = true;
    found.push_back({key_of(row, "_id"), {revisions[i].article, revisions[i].live.locale}, std::move(*text)});
    to_the_end = found.size() < search.limit;
    return to_the_end;
  };
  const auto look = [&](const char* member, const Array& values, const auto& place_of) {
    if (values.size() == 0 || !to_the_end) return;
    channel_.use([&](Session& session) {
      session.find(names_.chunks, any_of(member, values), doc("batchSize", batch_rows(row_bytes)),
                   [&](const bson_t& row) { return take(row, place_of(row)); });
    });
  };
  look("_id", adopted, [&](const bson_t& row) { return by_row.at(key_of(row, "_id")); });
  look("revision", own, [&](const bson_t& row) {
    return by_revision.at(Fields(row, "chunk " + label_of(row, "_id")).oid("revision").hex);
  });
  std::vector<Wanted> complete;
  for (std::size_t i = 0; to_the_end && i < revisions.size(); ++i) {
    if (!lacks[i]) complete.push_back(revisions[i]);
  }
  return complete;
}

void MongoMissingVectors::note_complete(DocumentRow row, const Oid& revision,
                                        const std::string& embedding_model) {
  const std::int64_t change = documents_.next_change();
  documents_.modify(std::move(row), [&](DocumentRow& current) {
    for (LiveRevision& live : current.live) {
      if (live.revision != revision) continue;
      live.embedding_model = embedding_model;
      current.change = change;
      return true;
    }
    return false;
  });
}

Result<std::vector<UnembeddedChunk>> MongoMissingVectors::list(const std::string& embedding_model,
                                                               std::size_t dimension, std::size_t limit) {
  return attempt({"list chunks without vectors"}, [&] {
    std::vector<UnembeddedChunk> found;
    std::optional<ArticleId> after;
    const Search search{embedding_model, dimension, limit};
    while (found.size() < limit) {
      const auto rows = documents_.page(incomplete(embedding_model), after, kPage);
      if (rows.empty()) break;
      after = rows.back().id;
      std::vector<Wanted> revisions;
      for (const DocumentRow& row : rows) {
        for (const LiveRevision& live : row.live) {
          if (live.embedding_model != embedding_model) revisions.push_back({row.id, live});
        }
      }
      for (const Wanted& complete : look_into(revisions, search, found))
        note_complete(documents_.read(complete.article), complete.live.revision, embedding_model);
    }
    return found;
  });
}

Result<void> MongoMissingVectors::put(const std::string& embedding_model,
                                      std::span<const NewVector> vectors) {
  return attempt({"put vectors"}, [&] {
    std::vector<std::size_t> bytes;
    for (const NewVector& each : vectors) bytes.push_back(kUpdateBytes + each.vector.size() * sizeof(float));
    std::size_t begin = 0;
    for (const std::size_t end : batch_ends(bytes, kReplyBytes, kUpdatesPerCommand)) {
      Array updates;
      for (const NewVector& each : vectors.subspan(begin, end - begin)) {
        updates.push(doc("q", id_filter(each.row), "u",
                         doc("$set", doc("model", embedding_model, "vector", each.vector))));
      }
      channel_.use(
          [&](Session& session) { session.write(doc("update", names_.chunks, "updates", updates)); });
      begin = end;
    }
  });
}

}  // namespace wellspring::store::mongo
