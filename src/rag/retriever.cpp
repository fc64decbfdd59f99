#include "rag/retriever.hpp"

#include <fmt/format.h>

#include <array>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "runtime/offload.hpp"

namespace wellspring::rag {

Retriever::Retriever(const embed::Embedder& embedder, const index::Index& index,
                     const index::SearchOptions& options, runtime::Executors& executors,
                     obs::Metrics& metrics)
    : embedder_(embedder), index_(index), options_(options), executors_(executors), metrics_(metrics) {}

boost::asio::awaitable<Result<Retrieved>> Retriever::retrieve(model::Query query) const {
  if (query.k == 0 || query.k > limits::kSearchResults) {
    co_return fail(ErrorKind::kInvalidArgument,
                   fmt::format("search: k is {}, allowed 1 to {}", query.k, limits::kSearchResults));
  }
  const SystemClock clock;  // only for how long it took
  const SteadyTime start = clock.steady();
  auto retrieved = co_await runtime::offload(executors_.cpu(), [&]() -> Result<Retrieved> {
    std::vector<float> vector;
    if (query.mode != model::SearchMode::kBm25) {
      auto embedded = embedder_.embed(std::array{std::string_view(query.text)});
      if (embedded.has_error()) return embedded.error();
      vector = std::move(embedded->front());
    }
    return search(query, std::move(vector));
  });
  if (retrieved.has_error()) co_return retrieved.error();
  retrieved->took = std::chrono::duration_cast<std::chrono::microseconds>(clock.steady() - start);
  metrics_.observe("rag_retrieval_duration_seconds", {},
                   std::chrono::duration<double>(retrieved->took).count());
  metrics_.observe("rag_documents_retrieved_total", {}, static_cast<double>(retrieved->hits.size()));
  co_return retrieved;
}

boost::asio::awaitable<Result<Retrieved>> Retriever::retrieve_again(model::Query query,
                                                                    std::vector<float> vector) const {
  auto work = [&]() -> Result<Retrieved> { return search(query, std::move(vector)); };
  co_return co_await runtime::offload(executors_.cpu(), std::move(work));
}

Retrieved Retriever::search(const model::Query& query, std::vector<float> vector) const {
  const auto snapshot = index_.snapshot();
  Retrieved retrieved;
  retrieved.hits = snapshot->search(query, vector, options_);
  retrieved.generation = snapshot->generation();
  retrieved.vector = std::move(vector);
  return retrieved;
}

}  // namespace wellspring::rag
