#include "rag/spend_guard.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <list>
#include <utility>

#include "base/mutex.hpp"
#include "rag/prompt.hpp"
#include "runtime/offload.hpp"

namespace wellspring::rag {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kLogger = "spend";
// Before a call nobody knows its tokens; text of any script has at least two bytes for each.
constexpr std::size_t kBytesPerTokenAtLeast = 2;

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

std::size_t bytes_of(const llm::ChatRequest& request) {
  std::size_t bytes = 0;
  for (const llm::Message& message : request.messages) bytes += message.content.size();
  return bytes;
}

const char* label(SpendWindow window) {
  return window == SpendWindow::kDaily ? "daily" : "hourly";
}

}  // namespace

struct SpendGuard::State {
  State(const SpendOptions& with, SpendFile at, runtime::Executors& on, const Clock& time, obs::Log& to,
        obs::Metrics& counts, const SpendLedger& start)
      : options(with),
        file(std::move(at)),
        executors(on),
        clock(time),
        log(to),
        metrics(counts),
        ledger(start) {}

  // Constant after construction, or thread-safe by itself.
  const SpendOptions options;
  const SpendFile file;
  runtime::Executors& executors;
  const Clock& clock;
  obs::Log& log;
  obs::Metrics& metrics;

  mutable Mutex mutex;
  SpendLedger ledger WELLSPRING_GUARDED_BY(mutex);

  // On io only.
  std::uint64_t wanted = 0;  ///< states of the ledger that are to be on disk
  std::uint64_t written = 0;
  bool writing = false;
  bool failing = false;
  bool closed = false;  ///< the guard is gone: nothing is started any more
  std::list<asio::steady_timer*> waiting{};

  SpendRecord record() const {
    const MutexLock lock(mutex);
    return ledger.record(clock.wall());
  }

  void show() const {
    const SpendRecord now = record();
    metrics.set("llm_daily_cost_usd", {}, to_usd(now.daily.cost));
    metrics.set("llm_hourly_cost_usd", {}, to_usd(now.hourly.cost));
    metrics.set("llm_daily_limit_usd", {}, to_usd(options.limits.daily));
    metrics.set("llm_hourly_limit_usd", {}, to_usd(options.limits.hourly));
  }

  void tell(const Result<void>& outcome) {
    if (outcome.has_error() && !failing)
      log.error(kLogger,
                "what answers cost is not on disk, a restart forgets it: " + outcome.error().message);
    if (outcome.has_value() && failing) log.info(kLogger, "what answers cost is on disk again");
    failing = outcome.has_error();
  }

  /// The ledger as it is now is to be on disk; changes that come while a write is under way share the next.
  static void save(const std::shared_ptr<State>& state) {
    ++state->wanted;
    if (state->writing || state->closed) return;
    state->writing = true;
    asio::co_spawn(state->executors.io(), write_all(state), rethrow);
  }

  static asio::awaitable<void> write_all(std::shared_ptr<State> state) {
    while (state->written < state->wanted) {
      const std::uint64_t upto = state->wanted;
      auto work = [state, record = state->record()]() -> Result<void> { return state->file.write(record); };
      const Result<void> outcome = co_await runtime::offload(state->executors.blocking(), std::move(work));
      state->tell(outcome);
      state->written = upto;
      for (asio::steady_timer* waiter : state->waiting) waiter->cancel();
    }
    state->writing = false;
  }

  /// Waits until what save() was called for is on disk, or could not be brought there.
  static asio::awaitable<void> saved(std::shared_ptr<State> state) {
    struct Place {  // a cancelled wait leaves the list too
      State& state;
      std::list<asio::steady_timer*>::iterator at;
      ~Place() { state.waiting.erase(at); }
    };
    for (const std::uint64_t upto = state->wanted; state->written < upto;) {
      asio::steady_timer timer(state->executors.io(), SteadyTime::max());
      const Place place{*state, state->waiting.insert(state->waiting.end(), &timer)};
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
};

SpendGuard::SpendGuard(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<SpendGuard>> SpendGuard::open(const SpendOptions& options, SpendFile file,
                                                     runtime::Executors& executors, const Clock& clock,
                                                     obs::Log& log, obs::Metrics& metrics) {
  if (const auto usable = check_spend(options.prices, options.limits); usable.has_error())
    return usable.error();
  const auto stored = file.read();
  if (stored.has_error()) return stored.error();
  SpendLedger ledger(options.limits);
  if (*stored) ledger = SpendLedger(options.limits, **stored, clock.wall());
  auto state = std::make_shared<State>(options, std::move(file), executors, clock, log, metrics, ledger);
  metrics.before_render([state] { state->show(); });
  return std::unique_ptr<SpendGuard>(new SpendGuard(std::move(state)));
}

SpendGuard::~SpendGuard() {
  state_->closed = true;
  if (state_->written < state_->wanted) state_->tell(state_->file.write(state_->record()));
}

asio::awaitable<std::optional<SpendGuard::Hold>> SpendGuard::reserve(const llm::ChatRequest& request,
                                                                     std::string model,
                                                                     std::string operation) {
  const std::shared_ptr<State> state = state_;
  const std::size_t bytes = bytes_of(request);
  const TokenUse most{bytes / kBytesPerTokenAtLeast + 1, state->options.output_tokens_max};
  const NanoUsd worst = cost_of(state->options.prices, most);
  std::optional<SpendWindow> full;
  {
    const MutexLock lock(state->mutex);
    full = state->ledger.reserve(worst, state->clock.wall());
  }
  if (full) {
    state->metrics.count("llm_spend_limit_rejections_total", {{"limit_type", label(*full)}});
    co_return std::nullopt;
  }
  std::optional<Hold> hold(Hold(state, std::move(model), std::move(operation), bytes, worst));
  if (state->options.limits.any()) {
    State::save(state);
    co_await State::saved(state);
  }
  co_return hold;
}

asio::awaitable<void> SpendGuard::saved() {
  return State::saved(state_);
}

SpendRecord SpendGuard::record() const {
  return state_->record();
}

SpendLevel SpendGuard::level() const {
  const MutexLock lock(state_->mutex);
  return state_->ledger.level(state_->clock.wall());
}

const SpendLimits& SpendGuard::limits() const {
  return state_->options.limits;
}

SpendGuard::Hold::Hold(std::shared_ptr<State> state, std::string model, std::string operation,
                       std::size_t prompt_bytes, NanoUsd worst)
    : state_(std::move(state)),
      model_(std::move(model)),
      operation_(std::move(operation)),
      prompt_bytes_(prompt_bytes),
      worst_(worst) {}

TokenUse SpendGuard::Hold::used() const {
  if (told_.input_tokens + told_.output_tokens > 0) return {told_.input_tokens, told_.output_tokens};
  if (written_bytes_ == 0) return {};
  return {estimated_tokens(prompt_bytes_), estimated_tokens(written_bytes_)};
}

SpendGuard::Hold::~Hold() {
  if (!state_) return;
  const TokenUse tokens = used();
  const NanoUsd cost = cost_of(state_->options.prices, tokens);
  {
    const MutexLock lock(state_->mutex);
    state_->ledger.settle(worst_, cost, tokens, state_->clock.wall());
  }
  if (cost > 0) {
    state_->metrics.count("llm_cost_usd_total", {{"model", model_}, {"operation", operation_}}, to_usd(cost));
  }
  State::save(state_);
}

}  // namespace wellspring::rag
