#include "rag/answerer.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "rag/answer_key.hpp"
#include "rag/cited_text.hpp"
#include "rag/history.hpp"
#include "rag/prompt.hpp"
#include "rag/question_text.hpp"
#include "rag/recall.hpp"
#include "rag/standalone.hpp"

namespace wellspring::rag {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kRewriteBytesMax = 8u << 10;  // twice what a question can hold in UTF-8

std::string_view refusal(std::string_view locale) {
  if (locale.starts_with("es")) {
    return "No he encontrado nada publicado que responda a esta pregunta. Prueba a formularla con otras "
           "palabras o a nombrar "
           "el tema concreto.";
  }
  if (locale.starts_with("fr")) {
    return "Je n'ai rien trouvé de publié qui réponde à cette question. Essayez de la formuler autrement ou "
           "de nommer "
           "le sujet précis.";
  }
  return "I found nothing published that answers this question. Try other words, or name the exact subject.";
}

/// Keeps what passes through it on its way to the reader.
class KeptText final : public AnswerSink {
 public:
  explicit KeptText(AnswerSink& reader) : reader_(reader) {}
  asio::awaitable<Result<void>> sources(std::vector<model::Hit> hits) override {
    return reader_.sources(std::move(hits));
  }
  asio::awaitable<Result<void>> text(std::string piece) override {
    text_ += piece;
    return reader_.text(std::move(piece));
  }
  std::string take() { return std::move(text_); }

 private:
  AnswerSink& reader_;
  std::string text_;
};

obs::Histogram duration_metric(obs::Metrics& metrics, const char* query_type, const char* cache_hit) {
  return metrics.histogram("rag_query_duration_seconds",
                           {{"query_type", query_type}, {"cache_hit", cache_hit}});
}

double seconds_between(SteadyTime start, SteadyTime end) {
  return std::chrono::duration<double>(end - start).count();
}

}  // namespace

asio::awaitable<Result<void>> CitedText::feed(std::string piece) {
  std::string ready = graphemes_.feed(citations_.feed(piece));
  if (ready.empty()) co_return Result<void>();
  co_return co_await sink_.text(std::move(ready));
}

asio::awaitable<Result<void>> CitedText::finish() {
  std::string rest = graphemes_.feed(citations_.finish());
  rest += graphemes_.finish();
  if (rest.empty()) co_return Result<void>();
  co_return co_await sink_.text(std::move(rest));
}

Answerer::Answerer(const Retriever& retriever, llm::ChatModel& model, const AnswererOptions& options,
                   const Clock& clock, obs::Metrics& metrics, AnswerCache* cache, const Budget& budget)
    : retriever_(retriever),
      model_(model, budget, clock, metrics),
      options_(options),
      clock_(clock),
      cache_(cache),
      hits_(metrics.counter("rag_cache_hits_total", {{"cache_type", "query"}})),
      misses_(metrics.counter("rag_cache_misses_total", {{"cache_type", "query"}})),
      durations_{duration_metric(metrics, "sync", "false"), duration_metric(metrics, "sync", "true"),
                 duration_metric(metrics, "stream", "false"), duration_metric(metrics, "stream", "true")} {}

asio::awaitable<Result<AnswerSummary>> Answerer::answer(Question question, Deadline deadline,
                                                        AnswerSink& sink) const {
  const SteadyTime start = clock_.steady();
  const std::size_t delivery = question.delivery == Delivery::kStream ? 2 : 0;
  try {
    auto summary = co_await answer_asked(std::move(question), deadline, sink);
    if (summary.has_value()) {
      durations_[delivery + (summary->from_cache ? 1 : 0)].observe(seconds_between(start, clock_.steady()));
    }
    co_return summary;
  } catch (const boost::system::system_error& thrown) {
    // Awaiting after a cancellation throws; nothing else here reports by exception.
    if (thrown.code() != asio::error::operation_aborted) throw;
  }
  co_return fail(ErrorKind::kCancelled, "answer: the reader went away");
}

asio::awaitable<Result<AnswerSummary>> Answerer::answer_asked(Question question, Deadline deadline,
                                                              AnswerSink& sink) const {
  const std::string asked = sanitize_text(question.text);
  if (asked.empty()) co_return co_await refuse(question.locale, sink);
  const auto pairs = pair_history(question.history, options_.history_pairs);
  std::string key;
  std::uint64_t changes = 0;
  if (cache_ != nullptr) {
    key = answer_key(asked, pairs, question.locale);
    // Before the snapshot is taken: what changes from here on keeps the answer out of the cache.
    changes = cache_->changes();
    const auto again = co_await answer_again(key, sink);
    if (again.has_error()) co_return again.error();
    if (again->has_value()) co_return **again;
  }
  const auto standalone = co_await in_full(asked, pairs, question.locale, deadline);
  if (standalone.has_error()) co_return standalone.error();

  // Named rather than written into the awaited call: g++ 12 destroys an aggregate temporary there twice.
  model::Query query{.text = *standalone, .k = options_.passages, .filter = {}, .locale = question.locale};
  auto retrieved = co_await retriever_.retrieve(query);
  if (retrieved.has_error()) co_return retrieved.error();
  std::vector<model::Hit>& hits = retrieved->hits;
  if (judge_evidence(hits, *standalone, options_.evidence) != Evidence::kEnough) {
    co_return co_await refuse(question.locale, sink);
  }

  llm::ChatRequest request{.question = *standalone, .passages = {}, .messages = {}};
  for (const model::Hit& hit : hits) request.passages.push_back(passage_of(hit));
  Prompt prompt = build_prompt(asked, pairs, request.passages, options_.prompt_tokens);
  request.messages = std::move(prompt.messages);
  request.passages.resize(prompt.passages);
  const auto shown = hits.begin() + static_cast<std::ptrdiff_t>(prompt.passages);
  std::vector<model::Hit> sources(hits.begin(), shown);
  if (const auto sent = co_await sink.sources(std::move(sources)); sent.has_error()) co_return sent.error();

  KeptText kept(sink);
  CitedText text(prompt.passages, kept);
  const auto written = co_await model_.answer(
      std::move(request), deadline, [&text](std::string piece) { return text.feed(std::move(piece)); });
  if (written.has_error()) co_return written.error();
  if (const auto sent = co_await text.finish(); sent.has_error()) co_return sent.error();
  if (cache_ != nullptr && !written->generation.cut && !written->spend_limited) {
    CachedAnswer made{.query = std::move(query),
                      .vector = std::move(retrieved->vector),
                      .hits = std::move(hits),
                      .sources = prompt.passages,
                      .text = kept.take()};
    cache_->put(key, std::move(made), retrieved->generation, changes, clock_.steady());
  }
  co_return AnswerSummary{.refused = false,
                          .from_cache = false,
                          .spend_limited = written->spend_limited,
                          .generation = written->generation};
}

asio::awaitable<Result<std::optional<AnswerSummary>>> Answerer::answer_again(const std::string& key,
                                                                             AnswerSink& sink) const {
  const auto cached = co_await recall(*cache_, retriever_, options_.evidence, key, clock_.steady());
  (cached ? hits_ : misses_).add();
  if (!cached) co_return std::nullopt;
  const auto shown = cached->hits.begin() + static_cast<std::ptrdiff_t>(cached->sources);
  std::vector<model::Hit> sources(cached->hits.begin(), shown);
  if (const auto sent = co_await sink.sources(std::move(sources)); sent.has_error()) co_return sent.error();
  if (const auto sent = co_await sink.text(cached->text); sent.has_error()) co_return sent.error();
  co_return AnswerSummary{.refused = false, .from_cache = true, .spend_limited = false, .generation = {}};
}

asio::awaitable<Result<std::string>> Answerer::in_full(const std::string& asked,
                                                       std::span<const model::ChatPair> pairs,
                                                       const std::string& locale, Deadline deadline) const {
  if (pairs.empty()) co_return asked;
  if (options_.follow_ups == FollowUps::kModel) {
    std::string reply;
    const auto collect = [&reply](std::string piece) -> asio::awaitable<Result<void>> {
      reply += piece;
      if (reply.size() > kRewriteBytesMax)
        co_return fail(ErrorKind::kTooLarge, "rewriting: the reply is no question");
      co_return Result<void>();
    };
    const Deadline soon(std::min(deadline.at(), clock_.steady() + options_.rewrite_timeout));
    llm::ChatRequest request{.question = asked, .passages = {}, .messages = rewrite_messages(asked, pairs)};
    const auto done = co_await model_.call(std::move(request), "rewrite", soon, collect);
    if (done.has_error() && done.error().kind == ErrorKind::kCancelled) co_return done.error();
    std::string rewritten = done.has_value() ? rewritten_question(reply) : std::string();
    if (!rewritten.empty()) co_return rewritten;
  }
  co_return with_subject(asked, pairs, locale);
}

asio::awaitable<Result<AnswerSummary>> Answerer::refuse(const std::string& locale, AnswerSink& sink) const {
  if (const auto sent = co_await sink.sources({}); sent.has_error()) co_return sent.error();
  if (const auto sent = co_await sink.text(std::string(refusal(locale))); sent.has_error())
    co_return sent.error();
  co_return AnswerSummary{.refused = true, .from_cache = false, .spend_limited = false, .generation = {}};
}

}  // namespace wellspring::rag
