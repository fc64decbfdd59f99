#include "sync/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <span>

#include "runtime/offload.hpp"

namespace wellspring::sync {
namespace {

namespace asio = boost::asio;
using Ids = std::vector<JobId>;

/// One call of accept(). Shared by the caller and the write that carries it, because a cancelled caller
/// leaves first.
struct Waiter {
  Waiter(asio::io_context& io, std::vector<model::NewJob> jobs_in)
      : jobs(std::move(jobs_in)), count(jobs.size()), answered(io, asio::steady_timer::time_point::max()) {}
  std::vector<model::NewJob> jobs;  ///< moved into the write
  std::size_t count;
  asio::steady_timer answered;
  std::optional<Result<Ids>> answer;
};

using WaiterPtr = std::shared_ptr<Waiter>;

std::size_t bytes_of(const std::vector<model::NewJob>& jobs) {
  std::size_t bytes = 0;
  for (const model::NewJob& job : jobs) bytes += sizeof job + model::text_bytes(job.article);
  return bytes;
}

bool are_imports(const std::vector<model::NewJob>& jobs) {
  return std::all_of(jobs.begin(), jobs.end(),
                     [](const model::NewJob& job) { return job.priority == model::JobPriority::kImport; });
}

/// What a batch may fill of a limit.
std::size_t share(std::size_t limit, bool imports) {
  return imports ? limit - limit / 10 : limit;
}

std::vector<model::NewJob> take_jobs(const std::vector<WaiterPtr>& batch) {
  std::vector<model::NewJob> jobs;
  for (const WaiterPtr& waiter : batch) {
    jobs.insert(jobs.end(), std::make_move_iterator(waiter->jobs.begin()),
                std::make_move_iterator(waiter->jobs.end()));
    waiter->jobs.clear();
  }
  return jobs;
}

/// To the jobs of `waiter` alone.
void answer(Waiter& waiter, const Result<std::vector<store::Appended>>& written, std::size_t first) {
  if (written) {
    Ids ids;
    for (const store::Appended& each : std::span(*written).subspan(first, waiter.count))
      ids.push_back(each.id);
    waiter.answer = std::move(ids);
  } else {
    waiter.answer = written.error();
  }
  waiter.answered.cancel();
}

}  // namespace

struct Intake::State {
  store::JobJournal& journal;
  runtime::Executors& executors;
  const Clock& clock;
  obs::Metrics& metrics;
  const IntakeOptions options;
  std::function<void()> notify;
  // On io only; jobs and bytes count what waits and what is being written.
  std::vector<WaiterPtr> waiting;
  std::size_t jobs = 0;
  std::size_t bytes = 0;
  bool writing = false;

  Error refuse(std::string_view limit, std::string message) const {
    metrics.count("wellspring_jobs_refused_total", {{"limit", std::string(limit)}});
    return fail(ErrorKind::kOverloaded, std::move(message));
  }

  /// Why so many more cannot be taken on now.
  std::optional<Error> no_room(std::size_t more_jobs, std::size_t more_bytes, bool imports) const {
    if (more_jobs > options.waiting_jobs_max || more_bytes > options.waiting_bytes_max) {
      return fail(
          ErrorKind::kTooLarge,
          fmt::format(
              "accept {} jobs with {} bytes at once: {} jobs and {} bytes are allowed; send fewer at a time",
              more_jobs, more_bytes, options.waiting_jobs_max, options.waiting_bytes_max));
    }
    if (jobs + more_jobs > options.waiting_jobs_max || bytes + more_bytes > options.waiting_bytes_max) {
      return refuse(
          "intake",
          fmt::format(
              "accept {} jobs: {} jobs with {} bytes wait to be written, {} and {} are allowed; try again",
              more_jobs, jobs, bytes, options.waiting_jobs_max, options.waiting_bytes_max));
    }
    const store::Backlog backlog = journal.backlog();
    const std::size_t jobs_max = share(options.queue_jobs_max, imports);
    if (const std::size_t ahead = backlog.jobs + jobs; ahead + more_jobs > jobs_max) {
      return refuse("queue_jobs",
                    fmt::format("accept {} jobs: {} are ahead of them and {} are allowed; wait until "
                                "the worker caught up, or raise jobs.queue_max",
                                more_jobs, ahead, jobs_max));
    }
    const std::size_t bytes_max = share(options.queue_bytes_max, imports);
    if (const std::size_t ahead = backlog.bytes + bytes; ahead + more_bytes > bytes_max) {
      return refuse(
          "queue_bytes",
          fmt::format("accept {} bytes: {} bytes of text are ahead of them and {} are allowed; wait until "
                      "the worker caught up, or raise jobs.queue_bytes_max",
                      more_bytes, ahead, bytes_max));
    }
    return std::nullopt;
  }

  void count_written(const std::vector<store::Appended>& written) {
    const auto fresh = static_cast<std::size_t>(
        std::count_if(written.begin(), written.end(), [](const auto& each) { return each.is_new; }));
    if (const std::size_t repeated = written.size() - fresh; repeated > 0)
      metrics.count("wellspring_webhook_replays_total", {}, static_cast<double>(repeated));
    if (fresh == 0) return;
    metrics.observe("wellspring_intake_batch_size", {}, static_cast<double>(fresh));
    metrics.count("wellspring_jobs_total", {{"state", "queued"}}, static_cast<double>(fresh));
    if (notify) notify();
  }

  /// `fresh` must live until this ends.
  asio::awaitable<Result<std::vector<store::Appended>>> write(std::span<const model::NewJob> fresh) {
    // Named: g++ 12 destroys the captures of a temporary closure twice when a co_await passes it by value.
    auto append = [this, fresh]() -> Result<std::vector<store::Appended>> {
      return journal.append(fresh, clock.wall());
    };
    auto written = co_await runtime::offload(executors.blocking(), std::move(append));
    if (written) count_written(*written);
    co_return written;
  }

  asio::awaitable<void> write_batch(const std::vector<WaiterPtr>& batch, std::span<const model::NewJob> all) {
    const auto together = co_await write(all);
    // When it is the jobs that the journal refuses, one of them may be to blame, and only its own sender is
    // to hear of it.
    const bool apart =
        !together && batch.size() > 1 && info(together.error().kind).retryable == Retryable::kNo;
    std::size_t first = 0;
    for (const WaiterPtr& waiter : batch) {
      if (apart) {
        const auto alone = co_await write(all.subspan(first, waiter->count));
        answer(*waiter, alone, 0);
      } else {
        answer(*waiter, together, first);
      }
      first += waiter->count;
    }
  }

  asio::awaitable<void> write_batches() {
    while (!waiting.empty()) {
      const std::vector<WaiterPtr> batch = std::exchange(waiting, {});
      const std::size_t batch_bytes = bytes;
      const auto batch_jobs = take_jobs(batch);
      co_await write_batch(batch, batch_jobs);
      jobs -= batch_jobs.size();
      bytes -= batch_bytes;
    }
    writing = false;
  }
};

Intake::Intake(store::JobJournal& journal, runtime::Executors& executors, const Clock& clock,
               obs::Metrics& metrics, const IntakeOptions& options)
    : state_(new State{journal, executors, clock, metrics, options, {}, {}}) {}

Intake::~Intake() = default;

void Intake::on_accepted(std::function<void()> notify) {
  state_->notify = std::move(notify);
}

asio::awaitable<Result<Ids>> Intake::accept(std::vector<model::NewJob> jobs) {
  State& state = *state_;
  if (jobs.empty()) co_return Ids{};
  const std::size_t bytes = bytes_of(jobs);
  if (auto refused = state.no_room(jobs.size(), bytes, are_imports(jobs))) co_return *refused;
  state.jobs += jobs.size();
  state.bytes += bytes;
  const auto waiter = std::make_shared<Waiter>(state.executors.io(), std::move(jobs));
  state.waiting.push_back(waiter);
  if (!state.writing) {
    state.writing = true;
    asio::co_spawn(state.executors.io(), state.write_batches(), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }
  while (!waiter->answer) {
    co_await waiter->answered.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (!waiter->answer && cancellation.cancelled() != asio::cancellation_type::none) {
      co_return fail(ErrorKind::kCancelled, "accept jobs: the caller went away before they were durable");
    }
  }
  co_return *waiter->answer;
}

}  // namespace wellspring::sync
