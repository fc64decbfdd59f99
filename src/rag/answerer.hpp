#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "llm/chat_model.hpp"
#include "model/chat.hpp"
#include "model/query.hpp"
#include "obs/metrics.hpp"
#include "rag/answer_cache.hpp"
#include "rag/evidence.hpp"
#include "rag/model_calls.hpp"
#include "rag/retriever.hpp"

namespace wellspring::rag {

/// How the reader gets the answer; a label in metrics.
enum class Delivery { kWhole, kStream };

struct Question {
  std::string text;  ///< as typed; sanitised here (contract 1.13, without its escapes)
  std::vector<model::ChatTurn> history;
  std::string locale = model::kDefaultLocale;
  Delivery delivery = Delivery::kStream;
};

/// Where an answer goes: sources once, then text in pieces of whole code points. An error returned by either
/// ends the answer with that error (the reader went away).
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  /// The passages that `[n]` in the text points at, n counted from 1. Empty for a refusal.
  virtual boost::asio::awaitable<Result<void>> sources(std::vector<model::Hit> hits) = 0;
  virtual boost::asio::awaitable<Result<void>> text(std::string piece) = 0;
};

struct AnswerSummary {
  bool refused = false;  ///< no or too weak evidence: the text says so and there are no sources
  bool from_cache = false;
  bool spend_limited = false;  ///< quoted from the passages, as the model may cost no more for now
  llm::Generation generation;
};

/// Who states a follow-up question in full for retrieval.
enum class FollowUps {
  kHeuristic,  ///< deterministic, see with_subject()
  kModel,      ///< the chat model, and the heuristic when it fails or is late
};

struct AnswererOptions {
  std::size_t passages = 8;           ///< at most this many sources (contract: never over 15)
  std::size_t history_pairs = 4;      ///< MAX_CHAT_HISTORY_PAIRS
  std::size_t prompt_tokens = 6'000;  ///< budget for the whole prompt, estimated at 4 bytes a token
  FollowUps follow_ups = FollowUps::kHeuristic;
  std::chrono::milliseconds rewrite_timeout{3'000};
  EvidenceOptions evidence = {};
};

/// Question -> retrieve -> judge the evidence -> generate -> cite. Runs on the io executor; borrows what it
/// is given.
class Answerer {
 public:
  /// Without a `cache` every answer is made anew; without a guard in `budget` the model is not paid for.
  Answerer(const Retriever& retriever, llm::ChatModel& model, const AnswererOptions& options,
           const Clock& clock, obs::Metrics& metrics, AnswerCache* cache = nullptr,
           const Budget& budget = {});
  /// Errors: those of retrieval and of the model, and what the sink returned.
  boost::asio::awaitable<Result<AnswerSummary>> answer(Question question, Deadline deadline,
                                                       AnswerSink& sink) const;

 private:
  boost::asio::awaitable<Result<AnswerSummary>> answer_asked(Question question, Deadline deadline,
                                                             AnswerSink& sink) const;
  /// What answer_asked() would do now, from the cache; nothing when the answer has to be made.
  boost::asio::awaitable<Result<std::optional<AnswerSummary>>> answer_again(const std::string& key,
                                                                            AnswerSink& sink) const;
  boost::asio::awaitable<Result<std::string>> in_full(const std::string& asked,
                                                      std::span<const model::ChatPair> pairs,
                                                      const std::string& locale, Deadline deadline) const;
  boost::asio::awaitable<Result<AnswerSummary>> refuse(const std::string& locale, AnswerSink& sink) const;

  const Retriever& retriever_;
  const ModelCalls model_;
  AnswererOptions options_;
  const Clock& clock_;
  AnswerCache* const cache_;
  // Looked up once: beside a cached answer it would show.
  const obs::Counter hits_;
  const obs::Counter misses_;
  const std::array<obs::Histogram, 4> durations_;  ///< whole and streamed, each made and cached
};

}  // namespace wellspring::rag
