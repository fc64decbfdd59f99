#include "store/mongo/mongo_store.hpp"

#include "store/mongo/articles.hpp"
#include "store/mongo/indexes.hpp"
#include "store/mongo/journal.hpp"
#include "store/mongo/questions.hpp"
#include "store/mongo/sources.hpp"
#include "store/mongo/transfer.hpp"

namespace wellspring::store::mongo {
namespace {

class Store final : public MongoStore {
 public:
  Store(const MongoStorePools& pools, MongoStoreOptions options, const Clock& clock, obs::Log& log)
      : names_(std::move(options.names)),
        vector_(pools.vector, options.database, clock),
        app_(pools.app, options.database, clock),
        sources_channel_(pools.sources, options.database, clock),
        bad_rows_(log),
        documents_(vector_, names_, clock),
        reader_(vector_, names_, bad_rows_),
        adoption_(vector_, names_, documents_, bad_rows_, clock),
        articles_(vector_, names_, documents_, reader_, log),
        journal_(vector_, names_, std::move(options.instance), clock),
        sources_(sources_channel_, names_, bad_rows_),
        questions_(app_, names_, bad_rows_),
        missing_vectors_(vector_, names_, documents_),
        transfer_(vector_, names_, documents_, journal_, sources_) {}

  ArticleStore& articles() override { return articles_; }
  JobJournal& journal() override { return journal_; }
  SourceStore& sources() override { return sources_; }
  QuestionStore& questions() override { return questions_; }
  MissingVectors& missing_vectors() override { return missing_vectors_; }
  Transfer& transfer() override { return transfer_; }
  std::size_t bad_rows() const override { return bad_rows_.count(); }

  const std::string& database() const override { return vector_.database(); }

  Result<std::size_t> chunk_rows() override {
    return attempt({"count chunk rows"}, [&] {
      return vector_.use([&](Session& session) { return session.count(names_.chunks, {}); });
    });
  }

  Result<AdoptionReport> prepare(const AdoptionProgress& progress) override {
    return attempt({"prepare database", vector_.database()}, [&] {
      ensure_indexes(vector_, app_, sources_channel_, names_);
      documents_.sweep_all();
      return adoption_.run(progress);
    });
  }

 private:
  const Names names_;
  Channel vector_;
  Channel app_;
  Channel sources_channel_;
  BadRows bad_rows_;
  DocumentTable documents_;
  ChunkReader reader_;
  Adoption adoption_;
  MongoArticles articles_;
  MongoJournal journal_;
  MongoSources sources_;
  MongoQuestions questions_;
  MongoMissingVectors missing_vectors_;
  MongoTransfer transfer_;
};

}  // namespace

std::unique_ptr<MongoStore> make_mongo_store(const MongoStorePools& pools, MongoStoreOptions options,
                                             const Clock& clock, obs::Log& log) {
  return std::make_unique<Store>(pools, std::move(options), clock, log);
}

}  // namespace wellspring::store::mongo
