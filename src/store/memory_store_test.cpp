#include "store/memory_store.hpp"

#include "store/article_store_contract.hpp"
#include "store/job_journal_contract.hpp"
#include "store/memory_questions.hpp"
#include "store/memory_sources.hpp"
#include "store/question_store_contract.hpp"
#include "store/source_store_contract.hpp"

namespace wellspring::store {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  ArticleStore& articles() override { return articles_; }
  JobJournal& journal() override { return journal_; }
  void reopen() override {}

 private:
  MemoryArticles articles_;
  MemoryJournal journal_;
};

const StoreFactory kMemory = [] { return std::make_unique<MemoryUnderTest>(); };

INSTANTIATE_TEST_SUITE_P(Memory, ArticleStoreContract, testing::Values(kMemory));
INSTANTIATE_TEST_SUITE_P(Memory, JobJournalContract, testing::Values(kMemory));

const PortFactory<SourceStore> kSources = [] {
  return std::make_unique<InMemory<SourceStore, MemorySources>>();
};
const PortFactory<QuestionStore> kQuestions = [] {
  return std::make_unique<InMemory<QuestionStore, MemoryQuestions>>();
};

INSTANTIATE_TEST_SUITE_P(Memory, SourceStoreContract, testing::Values(kSources));
INSTANTIATE_TEST_SUITE_P(Memory, QuestionStoreContract, testing::Values(kQuestions));

}  // namespace
}  // namespace wellspring::store
