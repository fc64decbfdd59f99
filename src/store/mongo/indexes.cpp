#include "store/mongo/indexes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wellspring::store::mongo {
namespace {

constexpr int kIndexesMax = 100;  // MongoDB allows 64 for a collection

struct Index {
  const char* name;
  Doc keys;
  bool unique = false;
  bool sparse = false;  ///< leaves out rows without the member
};

std::vector<Doc> indexes_of(Session& session, const std::string& collection) {
  try {
    const Doc reply = session.read(doc("listIndexes", collection, "cursor", doc("batchSize", kIndexesMax)));
    return Fields(*reply, "the list of indexes").documents("cursor.firstBatch");
  } catch (const Failure& failure) {
    if (failure.error().kind == ErrorKind::kNotFound) return {};
    throw;
  }
}

/// Servers and tools write the directions of keys as different types of numbers.
std::vector<std::pair<std::string, std::int64_t>> directions(const bson_t& keys) {
  std::vector<std::pair<std::string, std::int64_t>> all;
  bson_iter_t at;
  if (!bson_iter_init(&at, &keys)) return all;
  while (bson_iter_next(&at)) all.emplace_back(bson_iter_key(&at), integer_at(at).value_or(0));
  return all;
}

bool serves(const Doc& existing, const Index& wanted) {
  const Fields fields(*existing, "an index");
  const auto keys = fields.optional_document("key");
  return keys && directions(**keys) == directions(*wanted.keys) &&
         (!wanted.unique || fields.flag("unique")) && !fields.has("partialFilterExpression") &&
         // FerretDB leaves such rows out in any case and does not say so.
         (wanted.sparse || !fields.flag("sparse"));
}

Error refused(const Error& error, const std::string& collection, const Index& index) {
  const char* const advice = error.kind != ErrorKind::kConflict ? ""
                             : index.unique
                                 ? "; remove the rows that double, or drop the index that stands in the way"
                                 : "; drop the index that stands in the way";
  return fail(error.kind,
              fmt::format("create index '{}' on collection '{}': {}{}", index.name, collection, error.message,
                          advice),
              collection);
}

void ensure(Channel& channel, const std::string& collection, const std::vector<Index>& wanted) {
  channel.use(
      [&](Session& session) {
        const std::vector<Doc> existing = indexes_of(session, collection);
        for (const Index& index : wanted) {
          if (std::any_of(existing.begin(), existing.end(),
                          [&](const Doc& has) { return serves(has, index); })) {
            continue;
          }
          Doc specification = doc("key", index.keys, "name", index.name);
          if (index.unique) add_to(specification, "unique", true);
          if (index.sparse) add_to(specification, "sparse", true);
          try {
            session.write(doc("createIndexes", collection, "indexes", array(specification)));
          } catch (const Failure& failure) {
            throw Failure(refused(failure.error(), collection, index));
          }
        }
      },
      kIndexLimit);
}

}  // namespace

void ensure_indexes(Channel& vector, Channel& app, Channel& sources, const Names& names) {
  ensure(vector, names.chunks,
         {{"wellspring_revision", doc("revision", 1)},
          {"wellspring_payload_id", doc("metadata.payload_id", 1)},
          {"wellspring_source_uri", doc("source_uri", 1)}});
  ensure(vector, names.documents,
         {{"live", doc("live_count", 1, "_id", 1)},
          {"by_source", doc("live.source", 1, "_id", 1)},
          {"by_model", doc("live.embedding_model", 1)},
          {"leftovers", doc("leftover_count", 1)},
          {"changes", doc("change", 1)}});
  ensure(vector, names.jobs,
         {{"ready", doc("state", 1, "head", 1, "priority", 1, "_id", 1)},
          {"by_article", doc("article", 1, "state", 1, "_id", 1)},
          {"times", doc("article", 1, "updated_at", -1)},
          {"deliveries", doc("delivery", 1), true, true},
          {"finished", doc("state", 1, "finished_at", 1)}});
  ensure(app, names.questions,
         {{"wellspring_time", doc("timestamp", -1, "position", -1, "_id", -1)},
          {"wellspring_endpoint", doc("endpoint_type", 1, "timestamp", -1)},
          {"wellspring_analyzed", doc("analyzed", 1, "timestamp", -1)},
          {"wellspring_outcome", doc("outcome", 1, "timestamp", -1)},
          {"wellspring_position", doc("position", 1, "_id", 1)}});
  ensure(sources, names.sources,
         {{"wellspring_uri", doc("uri", 1), true}, {"wellspring_position", doc("position", 1, "_id", 1)}});
}

}  // namespace wellspring::store::mongo
