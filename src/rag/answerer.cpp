#include "rag/answerer.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "rag/cited_text.hpp"
#include "rag/history.hpp"
#include "rag/prompt.hpp"
#include "rag/question_text.hpp"
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
                   const Clock& clock, obs::Metrics& metrics)
    : retriever_(retriever), model_(model), options_(options), clock_(clock), metrics_(metrics) {}

asio::awaitable<Result<AnswerSummary>> Answerer::answer(Question question, Deadline deadline,
                                                        AnswerSink& sink) const {
  const SteadyTime start = clock_.steady();
  const std::string query_type = question.delivery == Delivery::kStream ? "stream" : "sync";
  try {
    auto summary = co_await answer_asked(std::move(question), deadline, sink);
    if (summary.has_value()) {
      metrics_.observe("rag_query_duration_seconds", {{"query_type", query_type}, {"cache_hit", "false"}},
                       seconds_between(start, clock_.steady()));
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
  const auto standalone = co_await in_full(asked, pairs, question.locale, deadline);
  if (standalone.has_error()) co_return standalone.error();

  // Named rather than written into the awaited call: g++ 12 destroys an aggregate temporary there twice.
  model::Query query{.text = *standalone, .k = options_.passages, .filter = {}, .locale = question.locale};
  auto retrieved = co_await retriever_.retrieve(std::move(query));
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
  hits.resize(prompt.passages);
  if (const auto sent = co_await sink.sources(std::move(hits)); sent.has_error()) co_return sent.error();

  CitedText text(prompt.passages, sink);
  const auto generation =
      co_await call_model(std::move(request), "answer", deadline,
                          [&text](std::string piece) { return text.feed(std::move(piece)); });
  if (generation.has_error()) co_return generation.error();
  if (const auto sent = co_await text.finish(); sent.has_error()) co_return sent.error();
  co_return AnswerSummary{.refused = false, .from_cache = false, .generation = *generation};
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
    const auto done = co_await call_model(std::move(request), "rewrite", soon, collect);
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
  co_return AnswerSummary{.refused = true, .from_cache = false, .generation = {}};
}

asio::awaitable<Result<llm::Generation>> Answerer::call_model(llm::ChatRequest request, std::string operation,
                                                              Deadline deadline, llm::TextSink sink) const {
  const SteadyTime start = clock_.steady();
  const std::string& model = model_.name();
  const auto generation = co_await model_.generate(std::move(request), deadline, std::move(sink));
  metrics_.count("llm_requests_total",
                 {{"model", model}, {"operation", operation}, {"status", generation ? "success" : "error"}});
  metrics_.observe("llm_request_duration_seconds", {{"model", model}, {"operation", operation}},
                   seconds_between(start, clock_.steady()));
  if (generation && generation->input_tokens + generation->output_tokens > 0) {
    metrics_.count("llm_tokens_total", {{"model", model}, {"token_type", "input"}},
                   static_cast<double>(generation->input_tokens));
    metrics_.count("llm_tokens_total", {{"model", model}, {"token_type", "output"}},
                   static_cast<double>(generation->output_tokens));
  }
  co_return generation;
}

}  // namespace wellspring::rag
