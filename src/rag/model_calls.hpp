#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "llm/chat_model.hpp"
#include "obs/metrics.hpp"
#include "rag/spend_guard.hpp"

namespace wellspring::rag {

/// A model that costs money, and what writes when no more may be spent.
struct Budget {
  SpendGuard* guard = nullptr;        ///< null: the model is free, or its price unknown
  llm::ChatModel* instead = nullptr;  ///< not null when there is a guard
};

/// An answer's text was written.
struct Written {
  llm::Generation generation;
  bool spend_limited = false;  ///< by what writes instead of the model
};

/// Calls the chat model: counted, timed, paid for. Runs on the io executor; borrows what it is given.
class ModelCalls {
 public:
  ModelCalls(llm::ChatModel& model, const Budget& budget, const Clock& clock, obs::Metrics& metrics)
      : model_(model), budget_(budget), clock_(clock), metrics_(metrics) {}

  /// Errors: those of the models.
  boost::asio::awaitable<Result<Written>> answer(llm::ChatRequest request, Deadline deadline,
                                                 llm::TextSink sink) const;
  /// Any other use of the model. Errors: those of the model; kOverloaded at a spend limit.
  boost::asio::awaitable<Result<llm::Generation>> call(llm::ChatRequest request, std::string operation,
                                                       Deadline deadline, llm::TextSink sink) const;

 private:
  boost::asio::awaitable<Result<llm::Generation>> paid(SpendGuard::Hold hold, llm::ChatRequest request,
                                                       std::string operation, Deadline deadline,
                                                       llm::TextSink sink) const;
  boost::asio::awaitable<Result<llm::Generation>> counted(llm::ChatModel& model, llm::ChatRequest request,
                                                          std::string operation, Deadline deadline,
                                                          llm::TextSink sink) const;

  llm::ChatModel& model_;
  Budget budget_;
  const Clock& clock_;
  obs::Metrics& metrics_;
};

}  // namespace wellspring::rag
