#pragma once

#include "model/object_id.hpp"
#include "store/mongo/bad_rows.hpp"
#include "store/mongo/names.hpp"
#include "store/mongo/session.hpp"
#include "store/question_store.hpp"

namespace wellspring::store::mongo {

/// The reference's `user_questions`, with `position` of ours for the order of arrival.
class MongoQuestions final : public QuestionStore {
 public:
  MongoQuestions(Channel& channel, const Names& names, BadRows& bad_rows)
      : channel_(channel), names_(names), bad_rows_(bad_rows) {}
  Result<void> append(std::span<const model::UserQuestion> questions) override;
  Result<QuestionPage> page(const QuestionFilter& filter, std::size_t offset, std::size_t limit) override;
  Result<QuestionStats> stats() override;
  Result<std::size_t> prune(std::size_t keep) override;
  Result<std::size_t> forget(Timestamp before, std::size_t limit) override;
  Result<void> set_feedback(const model::QuestionId& id, const model::Feedback& feedback) override;

 private:
  std::optional<model::UserQuestion> read(const bson_t& row);

  Channel& channel_;
  const Names& names_;
  BadRows& bad_rows_;
  model::ObjectIdGenerator ids_;
};

}  // namespace wellspring::store::mongo
