#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "base/clock.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "rag/ingestor.hpp"
#include "runtime/executors.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"

namespace wellspring::sync {

struct WorkerOptions {
  std::size_t parallel = 1;  ///< jobs at a time; jobs of one article always run in order
  int attempts_max = 5;      ///< then the job is dead
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_max{60'000};
};

/// Runs the journal's jobs: decides by contract D15, ingests, records the outcome. A coroutine on io that
/// offloads every job to the background executor.
class Worker {
 public:
  Worker(store::JobJournal& journal, store::ArticleStore& articles, rag::Ingestor& ingestor,
         runtime::Executors& executors, const Clock& clock, obs::Log& log, obs::Metrics& metrics,
         const WorkerOptions& options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Puts jobs left running by a crash back to queued, then starts. Call once, on io.
  Result<void> start();
  /// There may be something to do. On io.
  void notify();
  /// Stops claiming and waits for the job under way; what is queued stays queued. On io. Idempotent.
  boost::asio::awaitable<void> stop();

 private:
  struct State;
  std::shared_ptr<State>
      state_;  // shared with the worker's own coroutines, which may outlive a stop by one resume
};

}  // namespace wellspring::sync
