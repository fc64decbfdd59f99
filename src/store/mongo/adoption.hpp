#pragma once

#include <functional>
#include <set>
#include <span>

#include "store/mongo/bad_rows.hpp"
#include "store/mongo/document_table.hpp"

/// Taking over a database of the reference: its rows stay as they are, and become articles of ours by a row
/// each in the documents collection that lists them.
namespace wellspring::store::mongo {

struct AdoptionReport {
  std::size_t rows = 0;      ///< seen
  std::size_t articles = 0;  ///< taken over, each locale counted
  std::size_t chunks = 0;    ///< that these serve
  std::size_t skipped = 0;   ///< rows that are not served: drafts, and what makes no sense
};

/// Told after each batch of articles: how many are done, of how many.
using AdoptionProgress = std::function<void(std::size_t done, std::size_t total)>;

/// What is looked at of a row.
struct AdoptableRow {
  Doc id;             ///< {_id: ...}
  std::string label;  ///< of the id, for messages
  std::string article;
  std::string locale;
  std::string title;
  std::string source;
  std::int64_t chunk_index = 0;
  std::size_t bytes = 0;
  bool served = false;  ///< published, and no synthetic question
};

struct AdoptableArticle {
  model::ArticleKey key;
  std::string title;
  std::string source;
  std::vector<const AdoptableRow*> served;    ///< in reading order
  std::vector<const AdoptableRow*> unserved;  ///< go with the article
};

/// Nothing when the row belongs to no article that could be named; `why` then says so.
std::optional<AdoptableRow> read_adoptable(const bson_t& row, std::string& why);
/// Rows by article and locale. An article none of whose rows is served is left out.
std::vector<AdoptableArticle> group_rows(const std::vector<AdoptableRow>& rows);

class Adoption {
 public:
  Adoption(Channel& channel, const Names& names, DocumentTable& documents, BadRows& bad_rows,
           const Clock& clock)
      : channel_(channel), names_(names), documents_(documents), bad_rows_(bad_rows), clock_(clock) {}

  /// Does nothing once it has run to its end on this database. Throws Failure.
  AdoptionReport run(const AdoptionProgress& progress);

 private:
  std::vector<AdoptableRow> read_rows(AdoptionReport& report);
  LiveRevision revision_of(const AdoptableArticle& article);
  void adopt_some(std::span<const AdoptableArticle> articles, const std::set<ArticleId>& known);

  Channel& channel_;
  const Names& names_;
  DocumentTable& documents_;
  BadRows& bad_rows_;
  const Clock& clock_;
};

}  // namespace wellspring::store::mongo
