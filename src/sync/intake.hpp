#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/job.hpp"
#include "obs/metrics.hpp"
#include "runtime/executors.hpp"
#include "store/job_journal.hpp"

namespace wellspring::sync {

struct IntakeOptions {
  std::size_t waiting_jobs_max = 4'096;  ///< accepted in memory, not yet durable; more is kOverloaded
  std::size_t waiting_bytes_max = 64u << 20;
  /// Of the journal's backlog, what waits to be written included. Imports may fill nine tenths of either, so
  /// that no bulk import keeps webhooks out.
  std::size_t queue_jobs_max = 100'000;
  std::size_t queue_bytes_max = 1u << 30;  ///< of text
};

/// Makes jobs durable, or refuses them at once when too many wait to be done: being refused takes no longer
/// the more there is. Calls that arrive while a write is under way share the next one (group commit), so a
/// burst of webhooks costs few fsyncs. Lives on the io executor; not thread-safe across executors. Destroy
/// when io runs no more.
class Intake {
 public:
  Intake(store::JobJournal& journal, runtime::Executors& executors, const Clock& clock, obs::Metrics& metrics,
         const IntakeOptions& options);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// Returns the ids once all `jobs` are durable; a repeated delivery's is that of the first one. Errors:
  /// kOverloaded at the limits, kTooLarge for more jobs
  /// than fit at once, kCancelled when the caller was cancelled (the jobs become durable all the same), and
  /// those of the journal.
  boost::asio::awaitable<Result<std::vector<JobId>>> accept(std::vector<model::NewJob> jobs);
  /// Called on io after each durable batch; wakes the worker.
  void on_accepted(std::function<void()> notify);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::sync
