#include "sync/intake.hpp"

#include <fmt/format.h>

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
  for (const model::NewJob& job : jobs) {
    bytes += sizeof job + job.article.title.size() + job.article.markdown.size();
    for (const auto& [key, value] : job.article.extra) bytes += key.size() + value.size();
  }
  return bytes;
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

void answer_all(const std::vector<WaiterPtr>& batch, const Result<Ids>& written) {
  std::size_t next = 0;
  for (const WaiterPtr& waiter : batch) {
    if (written) {
      const auto ids = std::span(*written).subspan(next, waiter->count);
      waiter->answer = Ids(ids.begin(), ids.end());
      next += waiter->count;
    } else {
      waiter->answer = written.error();
    }
    waiter->answered.cancel();
  }
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

  std::optional<Error> refuse(std::size_t more_jobs, std::size_t more_bytes) const {
    if (more_jobs > options.waiting_jobs_max || more_bytes > options.waiting_bytes_max) {
      return fail(
          ErrorKind::kTooLarge,
          fmt::format(
              "accept {} jobs with {} bytes at once: {} jobs and {} bytes are allowed; send fewer at a time",
              more_jobs, more_bytes, options.waiting_jobs_max, options.waiting_bytes_max));
    }
    if (jobs + more_jobs > options.waiting_jobs_max || bytes + more_bytes > options.waiting_bytes_max) {
      return fail(
          ErrorKind::kOverloaded,
          fmt::format(
              "accept {} jobs: {} jobs with {} bytes wait to be written, {} and {} are allowed; try again",
              more_jobs, jobs, bytes, options.waiting_jobs_max, options.waiting_bytes_max));
    }
    return std::nullopt;
  }

  asio::awaitable<void> write_batches() {
    while (!waiting.empty()) {
      const std::vector<WaiterPtr> batch = std::exchange(waiting, {});
      const std::size_t batch_bytes = bytes;
      auto batch_jobs = take_jobs(batch);
      const std::size_t count = batch_jobs.size();
      // Named: g++ 12 destroys the captures of a temporary closure twice when a co_await passes it by value.
      auto append = [journal_ptr = &journal, clock_ptr = &clock,
                     batch_jobs = std::move(batch_jobs)]() -> Result<Ids> {
        return journal_ptr->append(batch_jobs, clock_ptr->wall());
      };
      auto written = co_await runtime::offload(executors.blocking(), std::move(append));
      jobs -= count;
      bytes -= batch_bytes;
      answer_all(batch, written);
      if (!written) continue;
      metrics.observe("wellspring_intake_batch_size", {}, static_cast<double>(count));
      metrics.count("wellspring_jobs_total", {{"state", "queued"}}, static_cast<double>(count));
      if (notify) notify();
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
  if (auto refused = state.refuse(jobs.size(), bytes)) co_return *refused;
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
