// The contract suites that every store passes, on MongoDB.
#include <future>

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

/// A sender may repeat itself to two programs that share the database.
TEST(MongoJournal, ADeliveryToTwoProgramsAtTheSameTimeIsOneJob) {
  constexpr std::size_t kRounds = 50;
  const std::string database = mongo::testing::fresh_database();
  const auto one = mongo::testing::open_store(database);
  const auto other = mongo::testing::open_store(database);
  one->prepare().value();
  const auto deliver_all = [](MongoStore& store) {
    std::vector<Appended> all;
    for (std::size_t round = 0; round < kRounds; ++round) {
      model::NewJob job = make_job("article " + std::to_string(round));
      job.delivery = "standard:" + std::to_string(round);
      all.push_back(store.journal().append({&job, 1}, at(1)).value().front());
    }
    return all;
  };
  auto there = std::async(std::launch::async, [&] { return deliver_all(*other); });
  const std::vector<Appended> here = deliver_all(*one);
  const std::vector<Appended> elsewhere = there.get();
  for (std::size_t round = 0; round < kRounds; ++round) {
    EXPECT_EQ(here[round].id, elsewhere[round].id) << round;
    EXPECT_NE(here[round].is_new, elsewhere[round].is_new) << round;
  }
  EXPECT_EQ(one->journal().counts().value()[model::JobState::kQueued], kRounds);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Mongo, ArticleStoreContract, testing::Values(kMongo));
INSTANTIATE_TEST_SUITE_P(Mongo, JobJournalContract, testing::Values(kMongo));
INSTANTIATE_TEST_SUITE_P(Mongo, SourceStoreContract, testing::Values(kSources));
INSTANTIATE_TEST_SUITE_P(Mongo, QuestionStoreContract, testing::Values(kQuestions));

}  // namespace wellspring::store
