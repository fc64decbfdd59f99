#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "base/clock.hpp"
#include "base/limits.hpp"
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
  std::chrono::milliseconds report_interval{60'000};  ///< at most one warning of a kind in each
};

/// Writes every question that was asked to the store, beside its answer: add() costs a copy, never waits and
/// never fails, so a store that is slow or broken cannot hold up an answer. One write is under way at a time,
/// what comes meanwhile shares the next. Questions that find the queue full, or whose write fails, are lost;
/// both are counted (wellspring_questions_logged_total) and told in the log. Lives on the io executor; not
/// thread-safe across executors. Destroy when io runs no more.
class QuestionLog {
 public:
  QuestionLog(store::QuestionStore& store, runtime::Lane& lane, runtime::Executors& executors,
              const Clock& clock, obs::Log& log, obs::Metrics& metrics, const QuestionLogOptions& options);
  ~QuestionLog();
  QuestionLog(const QuestionLog&) = delete;
  QuestionLog& operator=(const QuestionLog&) = delete;

  void add(const Question& question);
  /// Reads how many questions are stored, for the gauge user_questions_count_from_db, which the log's own
  /// writes then keep up to date. Call on io, or before it runs.
  void start();
  /// Waits until all is written, at most `grace`. Then what still waits is given up, counted and told; a
  /// write under way is not given up. One call at a time, when no more questions come.
  boost::asio::awaitable<void> drain(std::chrono::milliseconds grace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::rag
