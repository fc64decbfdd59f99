#include "store/mongo/document_table.hpp"

namespace wellspring::store::mongo {
namespace {

// Writers of one article are the jobs of that article, which run one after the other in each process.
constexpr int kAttempts = 50;
constexpr std::uint32_t kIdsPerDelete = 10'000;
constexpr std::size_t kPage = 128;

}  // namespace

DocumentRow DocumentTable::read(const ArticleId& id) {
  const auto found = channel_.use(
      [&](Session& session) { return session.find_one(names_.documents, doc("_id", id.value())); });
  if (found) return read_document(**found);
  DocumentRow none;
  none.id = id;
  return none;
}

bool DocumentTable::write(const DocumentRow& row) {
  try {
    return channel_.use([&](Session& session) {
      const Doc after = to_bson(row);
      if (after.bytes() > kRowBytesMax) {
        throw Failure(
            fail(ErrorKind::kTooLarge, "the article has more locales and chunks than one row holds"));
      }
      if (row.version == 1) {
        std::size_t inserted = 0;
        const Doc* const only = &after;
        session.insert(names_.documents, {&only, 1}, inserted);
        return true;
      }
      return session.update_one(names_.documents, doc("_id", row.id.value(), "version", row.version - 1),
                                after);
    });
  } catch (const Failure& failure) {
    if (failure.error().kind == ErrorKind::kConflict) return false;
    throw;
  }
}

DocumentRow DocumentTable::modify(DocumentRow row, const std::function<bool(DocumentRow&)>& step) {
  for (int i = 0; i < kAttempts; ++i) {
    if (!step(row)) return row;
    ++row.version;
    if (write(row)) return row;
    row = read(row.id);
  }
  throw Failure(fail(ErrorKind::kUnavailable, "other processes keep changing this article; try again"));
}

void DocumentTable::delete_rows(const std::vector<Leftover>& leftovers) {
  Array revisions;
  std::vector<Array> ids(1);
  for (const Leftover& leftover : leftovers) {
    if (!leftover.rows) {
      revisions.push(leftover.revision);
      continue;
    }
    for_each_value(*leftover.rows->doc(), [&](const bson_value_t& id) {
      if (ids.back().size() == kIdsPerDelete) ids.emplace_back();
      ids.back().push(id);
    });
  }
  const auto remove = [&](const char* member, const Array& values) {
    if (values.size() == 0) return;
    channel_.use([&](Session& session) { session.remove(names_.chunks, any_of(member, values)); });
  };
  remove("revision", revisions);
  for (const Array& some : ids) remove("_id", some);
}

DocumentRow DocumentTable::sweep(DocumentRow row) {
  if (row.leftovers.empty()) return row;
  row = modify(std::move(row), end_staging);
  const std::vector<Leftover> gone = row.leftovers;
  delete_rows(gone);
  return modify(std::move(row), [&](DocumentRow& current) { return forget(current, gone); });
}

std::vector<DocumentRow> DocumentTable::page(const Doc& filter, const std::optional<ArticleId>& after,
                                             std::size_t limit) {
  Doc wanted = filter;
  if (after) add_to(wanted, "_id", doc("$gt", after->value()));
  std::vector<DocumentRow> rows;
  channel_.use([&](Session& session) {
    session.find(names_.documents, wanted, doc("sort", doc("_id", 1), "limit", limit),
                 [&](const bson_t& row) {
                   rows.push_back(read_document(row));
                   return true;
                 });
  });
  return rows;
}

std::size_t DocumentTable::sweep_all() {
  std::size_t swept = 0;
  std::optional<ArticleId> after;
  while (true) {
    auto rows = page(doc("leftover_count", doc("$gt", 0)), after, kPage);
    if (rows.empty()) return swept;
    after = rows.back().id;
    for (DocumentRow& row : rows) {
      sweep(std::move(row));
      ++swept;
    }
  }
}

std::set<ArticleId> DocumentTable::ids() {
  std::set<ArticleId> all;
  channel_.use([&](Session& session) {
    session.find(names_.documents, {}, doc("projection", doc("_id", 1)), [&](const bson_t& row) {
      all.emplace(Fields(row, "article").text("_id"));
      return true;
    });
  });
  return all;
}

std::int64_t DocumentTable::next_changes(std::int64_t count) {
  const std::int64_t last = channel_.use(
      [&](Session& session) { return session.add_to_counter(names_.counters, kChangeCounter, count); });
  return last - count + 1;
}

}  // namespace wellspring::store::mongo
