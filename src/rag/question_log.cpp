#include "rag/question_log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/object_id.hpp"
#include "rag/question_text.hpp"
#include "runtime/offload.hpp"

namespace wellspring::rag {
namespace {

namespace asio = boost::asio;
using model::QuestionOutcome;
using model::UserQuestion;
using Batch = std::vector<UserQuestion>;

constexpr std::string_view kLogger = "questions";

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

/// A reader who waits until the first `number` questions are written or lost.
struct Waiter {
  std::uint64_t number = 0;
  asio::steady_timer settled;
};

UserQuestion to_log(const Question& question, Timestamp now) {
  UserQuestion asked;
  asked.locale = question.locale;
  asked.text = sanitize_text(question.text);
  asked.history_length = question.history.size();
  asked.endpoint = question.delivery == Delivery::kWhole ? model::QuestionEndpoint::kChat
                                                         : model::QuestionEndpoint::kStream;
  asked.asked_at = now;
  return asked;
}

}  // namespace

struct QuestionLog::State {
  store::QuestionStore& store;
  runtime::Lane& lane;  ///< to work on the store
  runtime::Executors& executors;
  const Clock& clock;
  obs::Log& log;
  obs::Metrics& metrics;
  const QuestionLogOptions options;
  // On io only.
  asio::steady_timer* drained = nullptr;  ///< of the drain under way: cancelled when nothing is left to write
  model::ObjectIdGenerator ids{};
  std::set<AskedQuestion*> open{};  ///< as many as there are answers under way, which the server bounds
  std::list<Waiter*> waiters{};     ///< as many as there are requests for feedback
  std::uint64_t accepted = 0;       ///< questions that were ever put into `waiting`
  std::uint64_t settled = 0;        ///< of them, the written and the lost ones
  bool forget_due = false;
  Batch waiting{};
  std::size_t being_written = 0;
  bool working = false;
  std::size_t unpruned = 0;  ///< written since the last pruning
  store::QuestionStats stored{};
  bool counted = false;  ///< `stored` is known
  std::size_t lost = 0;  ///< since it was last told
  std::map<std::string_view, SteadyTime> told{};

  void warn(std::string_view what, const std::string& reason) {
    const SteadyTime now = clock.steady();
    const auto [last, is_first] = told.try_emplace(what, now);
    if (!is_first && now - last->second < options.report_interval) return;
    last->second = now;
    log.warning(kLogger, std::string(what) + ": " + reason,
                {{"lost", std::to_string(std::exchange(lost, 0))}});
  }

  void count_lost(std::size_t count, const char* outcome) {
    metrics.count("wellspring_questions_logged_total", {{"outcome", outcome}}, static_cast<double>(count));
    lost += count;
  }

  void lose(std::size_t count, const char* outcome, const std::string& reason) {
    count_lost(count, outcome);
    warn("questions were not logged", reason);
  }

  std::optional<model::QuestionId> enqueue(UserQuestion question, QuestionOutcome outcome) {
    if (waiting.size() + being_written >= options.waiting_max) {
      lose(1, "dropped", "the store is slow and the queue full");
      return std::nullopt;
    }
    question.id = model::QuestionId(ids.next(question.asked_at));
    question.outcome = outcome;
    ++accepted;
    const model::QuestionId id = waiting.emplace_back(std::move(question)).id;
    wake();
    return id;
  }

  void settle(std::size_t count) {
    settled += count;
    for (Waiter* waiter : waiters) {
      if (waiter->number <= settled) waiter->settled.cancel();
    }
  }

  void show_stored() {
    const auto show = [this](const char* endpoint, std::size_t count) {
      metrics.set("user_questions_count_from_db", {{"endpoint_type", endpoint}}, static_cast<double>(count));
    };
    show("chat", stored.chat);
    show("stream", stored.stream);
    show("total", stored.total());
  }

  void count_written(const Batch& batch) {
    metrics.count("wellspring_questions_logged_total", {{"outcome", "written"}},
                  static_cast<double>(batch.size()));
    for (const UserQuestion& question : batch) {
      ++(question.endpoint == model::QuestionEndpoint::kChat ? stored.chat : stored.stream);
    }
    unpruned += batch.size();
    show_stored();
  }

  asio::awaitable<void> count_stored() {
    // Named, here and below: g++ 12 destroys the captures of a temporary closure twice when a co_await passes
    // it by value.
    auto read = [this] { return store.stats(); };
    auto stats = co_await runtime::offload(lane, std::move(read));
    counted = stats.has_value();
    if (!counted) {
      warn("stored questions were not counted", stats.error().message);
      co_return;
    }
    stored = *stats;
    show_stored();
  }

  asio::awaitable<void> prune() {
    auto forget = [this] { return store.prune(options.kept_max); };
    const auto pruned = co_await runtime::offload(lane, std::move(forget));
    // Also after an error: the next try comes with as many more questions.
    unpruned = 0;
    if (!pruned) warn("old questions were not forgotten", pruned.error().message);
    co_await count_stored();
  }

  asio::awaitable<void> forget() {
    forget_due = false;
    const Timestamp before = clock.wall() - options.retention;
    std::size_t all = 0;
    // A stop waits for the batch under way alone; the next start goes on.
    for (std::size_t some = options.forget_batch; some == options.forget_batch && drained == nullptr;) {
      auto forget_some = [this, before] { return store.forget(before, options.forget_batch); };
      const Result<std::size_t> forgotten = co_await runtime::offload(lane, std::move(forget_some));
      if (!forgotten) warn("questions past their retention were not forgotten", forgotten.error().message);
      some = forgotten ? *forgotten : 0;
      all += some;
      if (!waiting.empty()) co_await write_batch();
    }
    if (all > 0) {
      log.info(kLogger, "forgot questions past their retention", {{"questions", std::to_string(all)}});
      co_await count_stored();
    }
  }

  asio::awaitable<void> write_batch() {
    const Batch batch = std::exchange(waiting, {});
    being_written = batch.size();
    auto append = [this, &batch] { return store.append(batch); };
    const Result<void> written = co_await runtime::offload(lane, std::move(append));
    being_written = 0;
    settle(batch.size());
    if (written) {
      count_written(batch);
    } else {
      lose(batch.size(), "failed", written.error().message);
    }
  }

  /// Counting takes its turn with the writes, so that what is written meanwhile is counted once.
  asio::awaitable<void> work_off() {
    do {
      if (!counted) co_await count_stored();
      if (!waiting.empty()) co_await write_batch();
      if (unpruned >= options.prune_every) co_await prune();
      if (forget_due) co_await forget();
    } while (!waiting.empty() || forget_due);
    working = false;
    if (drained != nullptr) drained->cancel();
  }

  void wake() {
    if (working) return;
    working = true;
    asio::co_spawn(executors.io(), work_off(), rethrow);
  }
};

QuestionLog::QuestionLog(store::QuestionStore& store, runtime::Lane& lane, runtime::Executors& executors,
                         const Clock& clock, obs::Log& log, obs::Metrics& metrics,
                         const QuestionLogOptions& options)
    : state_(new State{store, lane, executors, clock, log, metrics, options}) {}

QuestionLog::~QuestionLog() = default;

asio::awaitable<void> QuestionLog::settle(std::chrono::milliseconds limit) {
  State& state = *state_;
  if (state.settled >= state.accepted) co_return;
  Waiter waiter{state.accepted, asio::steady_timer(state.executors.io(), limit)};
  const auto here = state.waiters.insert(state.waiters.end(), &waiter);
  co_await waiter.settled.async_wait(asio::as_tuple(asio::use_awaitable));
  state.waiters.erase(here);
}

void QuestionLog::forget_old() {
  state_->forget_due = true;
  state_->wake();
}

void QuestionLog::start() {
  state_->wake();
}

asio::awaitable<void> QuestionLog::drain(std::chrono::milliseconds grace) {
  State& state = *state_;
  for (AskedQuestion* asked : std::exchange(state.open, {})) {
    state.enqueue(*std::exchange(asked->question_, std::nullopt), QuestionOutcome::kUnknown);
  }
  if (state.working) {
    asio::steady_timer limit(state.executors.io(), grace);
    state.drained = &limit;
    co_await limit.async_wait(asio::as_tuple(asio::use_awaitable));
    state.drained = nullptr;
  }
  const std::size_t given_up = std::exchange(state.waiting, {}).size();
  state.settle(given_up);
  state.count_lost(given_up, "dropped");
  if (state.lost == 0) co_return;
  state.told.clear();  // nobody will come back to tell it later
  state.warn("questions were not logged", "until the stop the store was slow or failed");
}

AskedQuestion::AskedQuestion(QuestionLog& log, const Question& question)
    : log_(log), question_(to_log(question, log.state_->clock.wall())) {
  log_.state_->open.insert(this);
}

AskedQuestion::~AskedQuestion() {
  if (!question_) return;
  log_.state_->open.erase(this);
  log_.state_->enqueue(std::move(*question_), QuestionOutcome::kUnknown);
}

std::optional<model::QuestionId> AskedQuestion::finish(const AnswerSummary& summary) {
  if (!question_) return std::nullopt;
  log_.state_->open.erase(this);
  return log_.state_->enqueue(*std::exchange(question_, std::nullopt),
                              summary.refused ? QuestionOutcome::kRefused : QuestionOutcome::kAnswered);
}

}  // namespace wellspring::rag
