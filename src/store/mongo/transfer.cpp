#include "store/mongo/transfer.hpp"

namespace wellspring::store::mongo {

Result<std::vector<StoredRevision>> MongoTransfer::tombstones(const std::optional<ArticleId>& after,
                                                              std::size_t limit) {
  return attempt({"list tombstones"}, [&] {
    std::vector<StoredRevision> page;
    for (const DocumentRow& row :
         documents_.page(doc("tombstone.updated_at", doc("$exists", true)), after, limit)) {
      page.push_back(stored(row.id, "", row.tombstone.value()));
    }
    return page;
  });
}

Result<std::vector<ArticleTime>> MongoTransfer::article_times(const std::optional<ArticleId>& after,
                                                              std::size_t limit) {
  return attempt({"list times of articles"}, [&] {
    std::vector<ArticleTime> page;
    const Doc filter = after ? doc("_id", doc("$gt", after->value())) : Doc();
    channel_.use([&](Session& session) {
      session.find(names_.article_times, filter, doc("sort", doc("_id", 1), "limit", limit),
                   [&](const bson_t& row) {
                     const Fields fields(row, "time of article " + label_of(row, "_id"));
                     page.push_back({ArticleId(fields.text("_id")), fields.time("updated_at")});
                     return true;
                   });
    });
    return page;
  });
}

Result<void> MongoTransfer::restore_times(std::span<const ArticleTime> times) {
  if (times.empty()) return {};
  return attempt({"restore times of articles"}, [&] {
    Array updates;
    for (const ArticleTime& time : times) {
      updates.push(doc("q", doc("_id", time.article.value()), "u",
                       doc("$max", doc("updated_at", time.updated_at)), "upsert", true));
    }
    channel_.use(
        [&](Session& session) { session.write(doc("update", names_.article_times, "updates", updates)); });
  });
}

}  // namespace wellspring::store::mongo
