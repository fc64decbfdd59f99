#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "mongo/driver/mongo_pool.hpp"
#include "obs/log.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"
#include "store/mongo/adoption.hpp"
#include "store/mongo/missing_vectors.hpp"
#include "store/mongo/names.hpp"
#include "store/question_store.hpp"
#include "store/source_store.hpp"
#include "store/transfer.hpp"

namespace wellspring::store::mongo {

struct MongoStoreOptions {
  std::string database;
  Names names;
  /// Names this process among those that share the database; the same after a restart.
  std::string instance = "wellspring";
};

/// Articles and jobs through one pool, questions and sources each through their own. The stores live as long
/// as this, and the pools longer. docs/adr/0004 tells how it is laid out.
class MongoStore {
 public:
  virtual ~MongoStore() = default;
  virtual ArticleStore& articles() = 0;
  virtual JobJournal& journal() = 0;
  virtual SourceStore& sources() = 0;
  virtual QuestionStore& questions() = 0;
  virtual MissingVectors& missing_vectors() = 0;
  virtual Transfer& transfer() = 0;

  /// What has to be done before the first use, once the server can be reached: creates indexes, deletes what
  /// crashes left behind, and takes over the rows of a reference's database. May be called again, after an
  /// error as well; then it goes on where it was. Reports progress through `progress`, if there is one.
  virtual Result<AdoptionReport> prepare(const AdoptionProgress& progress = {}) = 0;
  /// Rows of the chunk collection, whoever wrote them.
  virtual Result<std::size_t> chunk_rows() = 0;
  virtual const std::string& database() const = 0;
  /// Different rows of other programs that made no sense since the start.
  virtual std::size_t bad_rows() const = 0;
};

struct MongoStorePools {
  ::wellspring::mongo::driver::MongoPool& vector;
  ::wellspring::mongo::driver::MongoPool& app;
  ::wellspring::mongo::driver::MongoPool& sources;
};

/// Needs no server: the first call does.
std::unique_ptr<MongoStore> make_mongo_store(const MongoStorePools& pools, MongoStoreOptions options,
                                             const Clock& clock, obs::Log& log);

}  // namespace wellspring::store::mongo
