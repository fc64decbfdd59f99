#include "llm/extractive_model.hpp"

#include <boost/asio/error.hpp>

#include "runtime/offload.hpp"

namespace wellspring::llm {

namespace asio = boost::asio;

ExtractiveModel::ExtractiveModel(SentenceScorer scorer, runtime::Executors& executors)
    : scorer_(std::move(scorer)), executors_(executors) {}

asio::awaitable<Result<Generation>> ExtractiveModel::generate(ChatRequest request,
                                                              Deadline /*a few milliseconds*/,
                                                              TextSink sink) {
  try {
    auto pieces = co_await runtime::offload(
        executors_.cpu(), [&] { return extract(request.question, request.passages, scorer_); });
    if (pieces.has_error()) co_return pieces.error();
    for (std::string& piece : *pieces) {
      const auto taken = co_await sink(std::move(piece));
      if (taken.has_error()) co_return taken.error();
    }
    co_return Generation{};
  } catch (const boost::system::system_error& thrown) {
    // Awaiting after a cancellation throws; nothing else here reports by exception.
    if (thrown.code() != asio::error::operation_aborted) throw;
  }
  co_return fail(ErrorKind::kCancelled, "extractive answer: cancelled");
}

}  // namespace wellspring::llm
