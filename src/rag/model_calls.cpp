#include "rag/model_calls.hpp"

#include <chrono>
#include <utility>

namespace wellspring::rag {

namespace asio = boost::asio;

namespace {

constexpr const char* kAnswer = "answer";

}  // namespace

asio::awaitable<Result<Written>> ModelCalls::answer(llm::ChatRequest request, Deadline deadline,
                                                    llm::TextSink sink) const {
  if (budget_.guard == nullptr) {
    const auto generation = co_await counted(model_, std::move(request), kAnswer, deadline, std::move(sink));
    if (generation.has_error()) co_return generation.error();
    co_return Written{.generation = *generation, .spend_limited = false};
  }
  auto hold = co_await budget_.guard->reserve(request, model_.name(), kAnswer);
  if (hold) {
    const auto generation =
        co_await paid(std::move(*hold), std::move(request), kAnswer, deadline, std::move(sink));
    if (generation.has_error()) co_return generation.error();
    co_return Written{.generation = *generation, .spend_limited = false};
  }
  const auto generation =
      co_await counted(*budget_.instead, std::move(request), kAnswer, deadline, std::move(sink));
  if (generation.has_error()) co_return generation.error();
  co_return Written{.generation = *generation, .spend_limited = true};
}

asio::awaitable<Result<llm::Generation>> ModelCalls::call(llm::ChatRequest request, std::string operation,
                                                          Deadline deadline, llm::TextSink sink) const {
  if (budget_.guard == nullptr) {
    co_return co_await counted(model_, std::move(request), std::move(operation), deadline, std::move(sink));
  }
  auto hold = co_await budget_.guard->reserve(request, model_.name(), operation);
  if (!hold) {
    co_return fail(ErrorKind::kOverloaded,
                   "language model (" + operation + "): no money is left for it within the spend limit");
  }
  co_return co_await paid(std::move(*hold), std::move(request), std::move(operation), deadline,
                          std::move(sink));
}

asio::awaitable<Result<llm::Generation>> ModelCalls::paid(SpendGuard::Hold hold, llm::ChatRequest request,
                                                          std::string operation, Deadline deadline,
                                                          llm::TextSink sink) const {
  llm::TextSink metered = [&hold, &sink](std::string piece) {
    hold.wrote(piece.size());
    return sink(std::move(piece));
  };
  const auto generation =
      co_await counted(model_, std::move(request), std::move(operation), deadline, std::move(metered));
  if (generation.has_value()) hold.ended(*generation);
  co_return generation;
}

asio::awaitable<Result<llm::Generation>> ModelCalls::counted(llm::ChatModel& model, llm::ChatRequest request,
                                                             std::string operation, Deadline deadline,
                                                             llm::TextSink sink) const {
  const SteadyTime start = clock_.steady();
  const std::string& name = model.name();
  const auto generation = co_await model.generate(std::move(request), deadline, std::move(sink));
  metrics_.count("llm_requests_total",
                 {{"model", name}, {"operation", operation}, {"status", generation ? "success" : "error"}});
  metrics_.observe("llm_request_duration_seconds", {{"model", name}, {"operation", operation}},
                   std::chrono::duration<double>(clock_.steady() - start).count());
  if (generation && generation->input_tokens + generation->output_tokens > 0) {
    metrics_.count("llm_tokens_total", {{"model", name}, {"token_type", "input"}},
                   static_cast<double>(generation->input_tokens));
    metrics_.count("llm_tokens_total", {{"model", name}, {"token_type", "output"}},
                   static_cast<double>(generation->output_tokens));
  }
  co_return generation;
}

}  // namespace wellspring::rag
