#include "sync/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "sync/sweep.hpp"

// In this file a co_await takes no temporary closure and no conditional expression as an argument: g++ 12
// destroys the captures of the one twice and evaluates both branches of the other.
namespace wellspring::sync {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kLogger = "reconcile";
constexpr std::chrono::milliseconds kLeastPauseAfterFailure{30'000};
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

SweepOutcome outcome_of(const ReconcileReport& report, const Result<void>& ended, bool stopping) {
  if (ended.has_error()) return stopping ? SweepOutcome::kCancelled : SweepOutcome::kFailed;
  return report.held_back > 0 ? SweepOutcome::kHeldBack : SweepOutcome::kComplete;
}

}  // namespace

struct Reconciler::State {
  State(CmsGet get, store::ArticleStore& articles, store::JobJournal& journal, Intake& intake,
        runtime::Executors& executors_in, const Clock& clock_in, obs::Log& log_in, obs::Metrics& metrics_in,
        const ReconcileOptions& options_in)
      : executors(executors_in),
        clock(clock_in),
        log(log_in),
        metrics(metrics_in),
        options(options_in),
        sweeping{std::move(get), articles, journal, intake, executors_in, clock_in, options},
        ended(executors_in.io(), asio::steady_timer::time_point::max()),
        next(executors_in.io()) {}

  /// Named members of the report, and the gauges that alerts look at.
  void conclude(const Result<void>& how) {
    report->finished_at = clock.wall();
    report->outcome = outcome_of(*report, how, stopping);
    if (how.has_error()) report->reason = how.error().message;
    metrics.count("wellspring_reconcile_runs_total", {{"outcome", std::string(name(report->outcome))}});
    if (report->outcome == SweepOutcome::kComplete || report->outcome == SweepOutcome::kHeldBack) {
      for (const Drift kind : {Drift::kMissing, Drift::kStale, Drift::kUnpublished, Drift::kDeleted}) {
        metrics.set("wellspring_reconcile_drift", {{"kind", std::string(name(kind))}},
                    static_cast<double>(report->drift.at(static_cast<std::size_t>(kind))));
      }
      metrics.set("wellspring_reconcile_held_back", {}, static_cast<double>(report->held_back));
      const auto seconds = std::chrono::duration<double>(report->finished_at->time_since_epoch());
      if (report->outcome == SweepOutcome::kComplete)
        metrics.set("wellspring_reconcile_last_success_timestamp_seconds", {}, seconds.count());
    }
    tell();
  }

  void tell() const {
    const ReconcileReport& done = *report;
    const auto number = [](std::size_t value) { return std::to_string(value); };
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(*done.finished_at - done.started_at);
    const bool well = done.outcome == SweepOutcome::kComplete || done.outcome == SweepOutcome::kCancelled;
    log.write(well ? obs::LogLevel::kInfo : obs::LogLevel::kWarning, kLogger,
              fmt::format("sweep {}", name(done.outcome)),
              {{"reason", done.reason},
               {"dry_run", done.request.dry_run ? "yes" : "no"},
               {"listed", number(done.listed)},
               {"held", number(done.held)},
               {"missing", number(done.drift[0])},
               {"stale", number(done.drift[1])},
               {"unpublished", number(done.drift[2])},
               {"deleted", number(done.drift[3])},
               {"held_back", number(done.held_back)},
               {"unreadable", number(done.unreadable)},
               {"jobs", number(done.jobs)},
               {"requests", number(done.requests)},
               {"took_ms", std::to_string(took.count())}});
  }

  /// A sweep that failed is tried again sooner.
  std::chrono::milliseconds pause() const {
    if (report->outcome != SweepOutcome::kFailed) return options.every;
    return std::min(options.every, std::max(kLeastPauseAfterFailure, options.every / 10));
  }

  static asio::awaitable<void> run(std::shared_ptr<State> state) {
    // A cancelled await says so by its outcome; each step of the sweep looks.
    co_await asio::this_coro::throw_if_cancelled(false);
    const Result<void> how = co_await sweep(state->sweeping, *state->report);
    state->running = false;
    state->conclude(how);
    state->ended.cancel();
  }

  static void spawn(const std::shared_ptr<State>& state) {
    asio::co_spawn(state->executors.io(), run(state),
                   asio::bind_cancellation_slot(state->cancel.slot(), [](const std::exception_ptr& thrown) {
                     if (thrown) std::rethrow_exception(thrown);
                   }));
  }

  static Result<void> begin(const std::shared_ptr<State>& state, ReconcileRequest request) {
    if (state->stopping) return fail(ErrorKind::kCancelled, "reconcile: the server is stopping");
    if (state->running) {
      return fail(ErrorKind::kConflict,
                  "reconcile: a sweep is under way; ask for its report and try again when it has ended");
    }
    state->running = true;
    state->report.emplace();
    state->report->request = request;
    state->report->started_at = state->clock.wall();
    spawn(state);
    return {};
  }

  static asio::awaitable<void> keep(std::shared_ptr<State> state) {
    while (!state->stopping) {
      ignore(begin(state, {}), "one that was asked for by hand does as well");
      while (state->running) co_await state->ended.async_wait(kAwait);
      if (state->stopping) co_return;
      state->next.expires_after(state->pause());
      co_await state->next.async_wait(kAwait);
    }
  }

  runtime::Executors& executors;
  const Clock& clock;
  obs::Log& log;
  obs::Metrics& metrics;
  const ReconcileOptions options;
  SweepParts sweeping;  // borrows the options
  // On io only.
  std::optional<ReconcileReport> report;
  bool running = false;
  bool stopping = false;
  asio::cancellation_signal cancel;
  asio::steady_timer ended;
  asio::steady_timer next;
};

Reconciler::Reconciler(CmsGet get, store::ArticleStore& articles, store::JobJournal& journal, Intake& intake,
                       runtime::Executors& executors, const Clock& clock, obs::Log& log,
                       obs::Metrics& metrics, const ReconcileOptions& options)
    : state_(std::make_shared<State>(std::move(get), articles, journal, intake, executors, clock, log,
                                     metrics, options)) {}

Reconciler::~Reconciler() = default;

void Reconciler::start() {
  if (state_->options.every.count() == 0) return;
  asio::co_spawn(state_->executors.io(), State::keep(state_), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

Result<void> Reconciler::begin(ReconcileRequest request) {
  return State::begin(state_, request);
}

bool Reconciler::is_running() const {
  return state_->running;
}

std::optional<ReconcileReport> Reconciler::report() const {
  return state_->report;
}

asio::awaitable<void> Reconciler::stop() {
  const std::shared_ptr<State> state = state_;
  state->stopping = true;
  state->next.cancel();
  while (state->running) {
    state->cancel.emit(asio::cancellation_type::terminal);
    if (!state->running) break;
    co_await state->ended.async_wait(kAwait);
  }
}

}  // namespace wellspring::sync
