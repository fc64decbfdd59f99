#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "base/clock.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "runtime/executors.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"
#include "sync/job_run.hpp"
#include "sync/retry_policy.hpp"

namespace wellspring::sync {

struct WorkerOptions {
  std::size_t parallel = 1;  ///< jobs at a time; jobs of one article always run in order
  RetryOptions retry;
  std::chrono::hours keep_done{24 * 7};  ///< then a done job is forgotten
};

/// Runs the journal's jobs: decides by contract D15, ingests, records the outcome. Coroutines on io that
/// offload every job to the background executor. Destroy when io runs no more, or after stop().
class Worker {
 public:
  Worker(store::JobJournal& journal, store::ArticleStore& articles, Ingestion ingestion,
         runtime::Executors& executors, const Clock& clock, obs::Log& log, obs::Metrics& metrics,
         const WorkerOptions& options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Puts jobs left running by a crash back to queued. Blocks; before start().
  Result<void> recover();
  /// Call once, on io.
  void start();
  /// There may be something to do. On io.
  void notify();
  /// Stops claiming and waits for the jobs under way, at most `limit`; what is queued stays queued. True when
  /// nothing is under way any more. On io. May be called again, after the last call returned.
  boost::asio::awaitable<bool> stop(std::chrono::milliseconds limit);

  struct State;

 private:
  std::shared_ptr<State>
      state_;  // shared with the worker's own coroutines, whose last resume may come after this died
};

}  // namespace wellspring::sync
