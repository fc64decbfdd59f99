#pragma once

#include <deque>

#include "base/mutex.hpp"
#include "model/object_id.hpp"
#include "store/question_store.hpp"

namespace wellspring::store {

/// The port in memory, for tests and as the model that durable adapters are compared with. Thread-safe.
class MemoryQuestions final : public QuestionStore {
 public:
  Result<void> append(std::span<const model::UserQuestion> questions) override;
  Result<QuestionPage> page(const QuestionFilter& filter, std::size_t offset, std::size_t limit) override;
  Result<QuestionStats> stats() override;
  Result<std::size_t> prune(std::size_t keep) override;
  Result<std::size_t> forget(Timestamp before, std::size_t limit) override;
  Result<void> set_feedback(const model::QuestionId& id, const model::Feedback& feedback) override;

 private:
  model::ObjectIdGenerator ids_;
  Mutex mutex_;
  std::deque<model::UserQuestion> questions_ WELLSPRING_GUARDED_BY(mutex_);  // as appended
};

}  // namespace wellspring::store
