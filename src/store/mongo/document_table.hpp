#pragma once

#include <functional>
#include <set>

#include "model/object_id.hpp"
#include "store/mongo/document_rows.hpp"
#include "store/mongo/names.hpp"
#include "store/mongo/session.hpp"

namespace wellspring::store::mongo {

/// The rows of document_rows.hpp on the server, and the deletion of chunk rows that nobody needs. A row
/// changes by comparing its version, so that of two writers one begins again with what the other left. Every
/// call throws Failure. Thread-safe.
class DocumentTable {
 public:
  DocumentTable(Channel& channel, const Names& names, const Clock& clock)
      : channel_(channel), names_(names), clock_(clock) {}

  /// What is known of an article; a row of version 0 when nothing is.
  DocumentRow read(const ArticleId& id);
  /// Applies `step`, one of document_rows.hpp's, to `row` as last seen; begins again with the current one
  /// when that is older. The row as it is now.
  DocumentRow modify(DocumentRow row, const std::function<bool(DocumentRow&)>& step);
  /// Deletes the chunk rows of all leftovers and forgets them. The row as it is now.
  DocumentRow sweep(DocumentRow row);
  /// sweep() for every article that has leftovers; how many there were.
  std::size_t sweep_all();
  /// Rows that meet `filter`, by id, from behind `after` on, at most `limit`.
  std::vector<DocumentRow> page(const Doc& filter, const std::optional<ArticleId>& after, std::size_t limit);

  /// Of every article that anything is known of.
  std::set<ArticleId> ids();

  std::int64_t next_change() { return next_changes(1); }
  /// The first of so many.
  std::int64_t next_changes(std::int64_t count);
  Oid make_id() { return {ids_.next(clock_.wall())}; }

 private:
  bool write(const DocumentRow& row);
  void delete_rows(const std::vector<Leftover>& leftovers);

  Channel& channel_;
  const Names& names_;
  const Clock& clock_;
  model::ObjectIdGenerator ids_;
};

}  // namespace wellspring::store::mongo
