#include "sync/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <random>
#include <vector>

#include "runtime/offload.hpp"

// In this file a co_await takes no temporary closure and no conditional expression as an argument: g++ 12
// destroys the captures of the one twice and evaluates both branches of the other.
namespace wellspring::sync {
namespace {

namespace asio = boost::asio;
using model::Job;
using model::JobState;

constexpr std::string_view kLogger = "sync";
constexpr std::chrono::seconds kGaugesEvery{1};
constexpr std::chrono::minutes kPruneEvery{1};
constexpr std::size_t kPruneBatch = 1'000;
// How long an idle worker sleeps when nothing is due; a notice ends it at once.
constexpr std::chrono::hours kIdle{1};

using JobCounts = std::map<JobState, std::size_t>;

/// What a look at the journal found.
struct Turn {
  std::optional<Job> job;
  std::optional<Timestamp> due;     ///< when to look again, if there was no job
  std::optional<JobCounts> counts;  ///< when asked for
};

}  // namespace

struct Worker::State {
  State(store::JobJournal& journal_in, store::ArticleStore& articles_in, Ingestion ingestion_in,
        runtime::Executors& executors_in, const Clock& clock_in, obs::Log& log_in, obs::Metrics& metrics_in,
        const WorkerOptions& options_in)
      : journal(journal_in),
        articles(articles_in),
        ingestion(std::move(ingestion_in)),
        executors(executors_in),
        clock(clock_in),
        log(log_in),
        metrics(metrics_in),
        options(options_in),
        all_ended(executors_in.io(), asio::steady_timer::time_point::max()) {
    for (std::size_t i = 0; i < std::max<std::size_t>(1, options.parallel); ++i)
      alarms.emplace_back(executors.io());
  }

  double jitter() { return std::uniform_real_distribution<double>(0, 1)(random); }
  void wake_all() {
    for (asio::steady_timer& alarm : alarms) alarm.cancel();
  }

  // Thread-safe each.
  store::JobJournal& journal;
  store::ArticleStore& articles;
  const Ingestion ingestion;
  runtime::Executors& executors;
  const Clock& clock;
  obs::Log& log;
  obs::Metrics& metrics;
  const WorkerOptions options;
  // On io only.
  std::vector<asio::steady_timer> alarms;  ///< one per slot
  asio::steady_timer all_ended;
  std::size_t slots_running = 0;
  std::uint64_t notices = 0;
  bool stopping = false;
  std::optional<SteadyTime> gauges_at;
  std::optional<SteadyTime> pruned_at;
  std::minstd_rand random{std::random_device{}()};
};

namespace {

using StatePtr = std::shared_ptr<Worker::State>;

void count_state(obs::Metrics& metrics, JobState state) {
  metrics.count("wellspring_jobs_total", {{"state", std::string(name(state))}});
}

/// True once per `every`.
bool is_time(std::optional<SteadyTime>& last, SteadyTime now, std::chrono::milliseconds every) {
  if (last && now - *last < every) return false;
  last = now;
  return true;
}

asio::awaitable<void> sleep(StatePtr state, std::size_t slot, std::chrono::milliseconds time) {
  state->alarms[slot].expires_after(std::max(time, std::chrono::milliseconds{0}));
  co_await state->alarms[slot].async_wait(asio::as_tuple(asio::use_awaitable));
}

/// Blocks.
Result<Turn> look(Worker::State& state, bool with_counts) {
  Turn turn;
  auto claimed = state.journal.claim(state.clock.wall());
  if (!claimed) return claimed.error();
  turn.job = std::move(*claimed);
  if (!turn.job) {
    auto due = state.journal.next_due();
    if (!due) return due.error();
    turn.due = *due;
  }
  if (with_counts || !turn.job) {
    if (auto counts = state.journal.counts()) turn.counts = std::move(*counts);
  }
  return turn;
}

asio::awaitable<Result<Turn>> next_turn(StatePtr state) {
  const bool with_counts = is_time(state->gauges_at, state->clock.steady(), kGaugesEvery);
  auto look_there = [state, with_counts] { return look(*state, with_counts); };
  auto turn = co_await runtime::offload(state->executors.blocking(), std::move(look_there));
  if (turn && turn->counts) {
    for (const auto& [job_state, jobs] : *turn->counts) {
      state->metrics.set("wellspring_jobs", {{"state", std::string(name(job_state))}},
                         static_cast<double>(jobs));
    }
    state->metrics.set("wellspring_queue_bytes", {}, static_cast<double>(state->journal.backlog().bytes));
  }
  co_return turn;
}

void count_webhook(Worker::State& state, const Job& job, const JobRun& run) {
  if (job.priority != model::JobPriority::kWebhook) return;
  const std::string operation(run.operation);
  const std::chrono::duration<double> took = state.clock.wall() - job.accepted_at;
  state.metrics.count(
      "webhook_processing_total",
      {{"source", "payload_cms"}, {"operation", operation}, {"status", run.outcome ? "success" : "error"}});
  state.metrics.observe("webhook_processing_duration_seconds",
                        {{"source", "payload_cms"}, {"operation", operation}}, std::max(0.0, took.count()));
}

/// Writes down how a run ended, and keeps trying until it is written: a job left running would hold back its
/// article. On a stop it stays running; the next start recovers it.
asio::awaitable<void> record(StatePtr state, std::size_t slot, const Job& job, const JobRun& run,
                             std::optional<Timestamp> retry_at) {
  for (int failures = 1;; ++failures) {
    auto write = [state, &job, &run, retry_at] {
      const Timestamp now = state->clock.wall();
      return run.outcome ? state->journal.finish(job.id, *run.outcome, now)
                         : state->journal.fail_attempt(job.id, run.outcome.error().message, retry_at, now);
    };
    auto written = co_await runtime::offload(state->executors.blocking(), std::move(write));
    if (written) co_return;
    state->log.error(kLogger, "cannot record how a job ended",
                     {{"job", std::to_string(job.id.value())}, {"error", written.error().message}});
    if (state->stopping || written.error().kind == ErrorKind::kNotFound) co_return;
    const std::chrono::milliseconds time = backoff(failures, state->jitter(), state->options.retry);
    co_await sleep(state, slot, time);
  }
}

void report_failure(Worker::State& state, const Job& job, const Error& error, bool dead) {
  const std::initializer_list<obs::LogField> fields = {{"job", std::to_string(job.id.value())},
                                                       {"article", job.article.key.id.value()},
                                                       {"attempt", std::to_string(job.attempts)},
                                                       {"error", error.message}};
  if (dead) {
    state.log.error(kLogger, "job is dead; retry it by hand once the cause is gone", fields);
  } else {
    state.log.warning(kLogger, "job failed and will be tried again", fields);
  }
}

/// A job that was claimed more often than allowed without an attempt being recorded ended the program each
/// time.
JobRun ended_the_program(const Job& job) {
  return {name(job.kind),
          fail(ErrorKind::kUnsupported,
               fmt::format("the program ended {} times while it ran this job", job.attempts - 1),
               job.article.key.id.value())};
}

asio::awaitable<void> run_claimed(StatePtr state, std::size_t slot, Job job) {
  count_state(state->metrics, JobState::kRunning);
  std::optional<JobRun> run;
  if (job.attempts > state->options.retry.attempts_max) {
    run = ended_the_program(job);
  } else {
    auto work = [state, &job]() -> Result<JobRun> {
      return run_job(job, state->articles, state->journal, state->ingestion);
    };
    auto ran = co_await runtime::offload(state->executors.background(), std::move(work));
    run = ran ? std::move(*ran) : JobRun{name(job.kind), ran.error()};
  }
  std::optional<std::chrono::milliseconds> wait;
  if (!run->outcome) {
    const Error& error = run->outcome.error();
    wait = retry_after(error.kind, job.attempts, state->jitter(), state->options.retry);
    report_failure(*state, job, error, !wait);
  }
  const auto retry_at = wait ? std::optional(state->clock.wall() + *wait) : std::nullopt;
  co_await record(state, slot, job, *run, retry_at);
  count_state(state->metrics, run->outcome ? JobState::kDone : wait ? JobState::kQueued : JobState::kDead);
  if (!wait) count_webhook(*state, job, *run);
}

asio::awaitable<void> prune_now_and_then(StatePtr state) {
  if (!is_time(state->pruned_at, state->clock.steady(), kPruneEvery)) co_return;
  auto prune = [state] {
    return state->journal.prune(state->clock.wall() - state->options.keep_done, kPruneBatch);
  };
  auto pruned = co_await runtime::offload(state->executors.blocking(), std::move(prune));
  if (!pruned) state->log.warning(kLogger, "cannot forget old jobs", {{"error", pruned.error().message}});
}

std::chrono::milliseconds idle_time(std::optional<Timestamp> due, Timestamp now) {
  return due ? std::min<std::chrono::milliseconds>(*due - now, kIdle) : kIdle;
}

asio::awaitable<void> run_slot(StatePtr state, std::size_t slot) {
  int failures = 0;
  while (!state->stopping) {
    const std::uint64_t seen = state->notices;
    auto turn = co_await next_turn(state);
    if (!turn) {
      state->log.error(kLogger, "cannot look for jobs", {{"error", turn.error().message}});
      const std::chrono::milliseconds time = backoff(++failures, state->jitter(), state->options.retry);
      if (!state->stopping) co_await sleep(state, slot, time);
      continue;
    }
    failures = 0;
    if (turn->job) {
      co_await run_claimed(state, slot, std::move(*turn->job));
      continue;
    }
    co_await prune_now_and_then(state);
    if (state->stopping || state->notices != seen) continue;
    const std::chrono::milliseconds time = idle_time(turn->due, state->clock.wall());
    co_await sleep(state, slot, time);
  }
  if (--state->slots_running == 0) state->all_ended.cancel();
}

}  // namespace

Worker::Worker(store::JobJournal& journal, store::ArticleStore& articles, Ingestion ingestion,
               runtime::Executors& executors, const Clock& clock, obs::Log& log, obs::Metrics& metrics,
               const WorkerOptions& options)
    : state_(std::make_shared<State>(journal, articles, std::move(ingestion), executors, clock, log, metrics,
                                     options)) {}

Worker::~Worker() = default;

Result<void> Worker::recover() {
  auto recovered = state_->journal.recover();
  if (!recovered) return recovered.error();
  if (*recovered > 0) {
    state_->log.info(kLogger, "jobs of an interrupted run are queued again",
                     {{"jobs", std::to_string(*recovered)}});
  }
  return {};
}

void Worker::start() {
  for (std::size_t slot = 0; slot < state_->alarms.size(); ++slot) {
    ++state_->slots_running;
    asio::co_spawn(state_->executors.io(), run_slot(state_, slot), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }
}

void Worker::notify() {
  ++state_->notices;
  state_->wake_all();
}

asio::awaitable<bool> Worker::stop(std::chrono::milliseconds limit) {
  const StatePtr state = state_;
  state->stopping = true;
  state->wake_all();
  state->all_ended.expires_after(limit);
  if (state->slots_running > 0) co_await state->all_ended.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return state->slots_running == 0;
}

}  // namespace wellspring::sync
