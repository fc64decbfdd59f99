#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "model/question.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "rag/answerer.hpp"
#include "runtime/executors.hpp"
#include "runtime/lane.hpp"
#include "store/question_store.hpp"

namespace wellspring::rag {

struct QuestionLogOptions {
  std::size_t waiting_max = 1'024;  ///< questions in memory, the ones being written included
  std::size_t kept_max = limits::kStoredQuestions;
  std::size_t prune_every = 1'000;                    ///< questions written between two prunings
  std::chrono::hours retention{24 * 90};              ///< older questions are forgotten by forget_old()
  std::size_t forget_batch = 1'000;                   ///< questions forgotten by one write
  std::chrono::milliseconds report_interval{60'000};  ///< at most one warning of a kind in each
};

/// Writes every question that was asked to the store, beside its answer: an AskedQuestion costs a copy, never
/// waits and never fails, so a store that is slow or broken cannot hold up an answer. One write is under way
/// at a time, what comes meanwhile shares the next. Questions that find the queue full, or whose write fails,
/// are lost; both are counted (wellspring_questions_logged_total) and told in the log. Lives on the io
/// executor; not thread-safe across executors. Destroy when io runs no more.
class QuestionLog {
 public:
  QuestionLog(store::QuestionStore& store, runtime::Lane& lane, runtime::Executors& executors,
              const Clock& clock, obs::Log& log, obs::Metrics& metrics, const QuestionLogOptions& options);
  ~QuestionLog();
  QuestionLog(const QuestionLog&) = delete;
  QuestionLog& operator=(const QuestionLog&) = delete;

  /// Waits until every question added before is written or lost, at most `limit`.
  boost::asio::awaitable<void> settle(std::chrono::milliseconds limit);
  /// Forgets what is older than the retention, in batches between the writes. Returns at once.
  void forget_old();
  /// Reads how many questions are stored, for the gauge user_questions_count_from_db, which the log's own
  /// writes then keep up to date. Call on io, or before it runs.
  void start();
  /// Takes what is being answered as it is, and waits until all is written, at most `grace`. Then what still
  /// waits is given up, counted and told; a write under way is not given up. One call at a time, when no more
  /// questions come.
  boost::asio::awaitable<void> drain(std::chrono::milliseconds grace);

 private:
  friend class AskedQuestion;
  struct State;
  std::unique_ptr<State> state_;
};

/// A question while it is answered. It is added to the log once: when its answer is finished, when this is
/// destroyed, or when the log is drained, whichever comes first. On the log's executor; before the log dies.
class AskedQuestion {
 public:
  AskedQuestion(QuestionLog& log, const Question& question);
  ~AskedQuestion();
  AskedQuestion(const AskedQuestion&) = delete;
  AskedQuestion& operator=(const AskedQuestion&) = delete;

  /// The id for feedback on the answer; empty when the question is lost, or was added before.
  std::optional<model::QuestionId> finish(const AnswerSummary& summary);

 private:
  friend class QuestionLog;
  QuestionLog& log_;
  std::optional<model::UserQuestion> question_;  ///< until it is added
};

}  // namespace wellspring::rag
