#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/question.hpp"

namespace wellspring::store {

struct QuestionFilter {
  std::optional<bool> analyzed{};
  std::optional<model::QuestionEndpoint> endpoint{};
  std::optional<model::QuestionOutcome> outcome{};
};

struct QuestionPage {
  std::vector<model::UserQuestion> questions;
  std::size_t total = 0;  ///< of all pages
};

struct QuestionStats {
  std::size_t chat = 0;
  std::size_t stream = 0;
  std::size_t analyzed = 0;
  std::optional<Timestamp> oldest{};
  std::optional<Timestamp> newest{};
  std::size_t total() const { return chat + stream; }
};

/// The kNotFound of set_feedback().
inline Error no_such_question(const model::QuestionId& id) {
  return fail(ErrorKind::kNotFound,
              "store feedback: no question has this id, or it was forgotten; nothing was stored", id.value());
}

/// The questions that people asked: collection `user_questions` of contract 8.2. All calls block (run them on
/// the blocking executor) and are thread-safe; when a change returns it is durable. Errors: kUnavailable,
/// kResource, kCorrupt; kNotFound where said.
class QuestionStore {
 public:
  virtual ~QuestionStore() = default;
  /// Appends all or none. An empty id is replaced by a new one.
  virtual Result<void> append(std::span<const model::UserQuestion> questions) = 0;
  /// Newest first by `asked_at`, of one time the last appended first.
  virtual Result<QuestionPage> page(const QuestionFilter& filter, std::size_t offset, std::size_t limit) = 0;
  virtual Result<QuestionStats> stats() = 0;
  /// Forgets what was appended first until `keep` are left; how many it forgot.
  virtual Result<std::size_t> prune(std::size_t keep) = 0;
  /// Forgets at most `limit` of the questions asked before that time, the oldest first; how many it forgot.
  /// What another program wrote to the same collection is not ours to forget and stays.
  virtual Result<std::size_t> forget(Timestamp before, std::size_t limit) = 0;
  /// Stores what a reader says, in place of what was said before. kNotFound for an unknown id.
  virtual Result<void> set_feedback(const model::QuestionId& id, const model::Feedback& feedback) = 0;
};

}  // namespace wellspring::store
