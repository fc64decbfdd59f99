#pragma once

#include "model/object_id.hpp"
#include "store/question_store.hpp"
#include "store/sqlite/database.hpp"

namespace wellspring::store::sqlite {

class SqliteQuestions final : public QuestionStore {
 public:
  explicit SqliteQuestions(Database& database) : database_(database) {}
  Result<void> append(std::span<const model::UserQuestion> questions) override;
  Result<QuestionPage> page(const QuestionFilter& filter, std::size_t offset, std::size_t limit) override;
  Result<QuestionStats> stats() override;
  Result<std::size_t> prune(std::size_t keep) override;
  Result<std::size_t> forget(Timestamp before, std::size_t limit) override;
  Result<void> set_feedback(const model::QuestionId& id, const model::Feedback& feedback) override;

 private:
  Database& database_;
  model::ObjectIdGenerator ids_;
};

}  // namespace wellspring::store::sqlite
