#include "store/memory_store.hpp"

#include "store/article_store_contract.hpp"
#include "store/job_journal_contract.hpp"

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

}  // namespace
}  // namespace wellspring::store
