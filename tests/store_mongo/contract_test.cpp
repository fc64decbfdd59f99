// The contract suites that every store passes, on MongoDB.
#include "store/article_store_contract.hpp"
#include "store/job_journal_contract.hpp"
#include "store/question_store_contract.hpp"
#include "store/source_store_contract.hpp"
#include "store_mongo/server.hpp"

namespace wellspring::store {
namespace {

using mongo::MongoStore;

class MongoUnderTest final : public StoreUnderTest {
 public:
  MongoUnderTest() { reopen(); }
  ArticleStore& articles() override { return store_->articles(); }
  JobJournal& journal() override { return store_->journal(); }
  void reopen() override {
    store_.reset();
    store_ = mongo::testing::open_store(database_);
    store_->prepare().value();
  }

 private:
  const std::string database_ = mongo::testing::fresh_database();
  std::unique_ptr<MongoStore> store_;
};

const StoreFactory kMongo = [] { return std::make_unique<MongoUnderTest>(); };

/// One port of a store of its own.
template <class Port, Port& (MongoStore::*kPort)()>
class MongoPortUnderTest final : public PortUnderTest<Port> {
 public:
  MongoPortUnderTest() { reopen(); }
  Port& port() override { return (store_.get()->*kPort)(); }
  void reopen() override {
    store_.reset();
    store_ = mongo::testing::open_store(database_);
    store_->prepare().value();
  }

 private:
  const std::string database_ = mongo::testing::fresh_database();
  std::unique_ptr<MongoStore> store_;
};

const PortFactory<SourceStore> kSources = [] {
  return std::make_unique<MongoPortUnderTest<SourceStore, &MongoStore::sources>>();
};
const PortFactory<QuestionStore> kQuestions = [] {
  return std::make_unique<MongoPortUnderTest<QuestionStore, &MongoStore::questions>>();
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Mongo, ArticleStoreContract, testing::Values(kMongo));
INSTANTIATE_TEST_SUITE_P(Mongo, JobJournalContract, testing::Values(kMongo));
INSTANTIATE_TEST_SUITE_P(Mongo, SourceStoreContract, testing::Values(kSources));
INSTANTIATE_TEST_SUITE_P(Mongo, QuestionStoreContract, testing::Values(kQuestions));

}  // namespace wellspring::store
