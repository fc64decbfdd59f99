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
  auto hits = co_await runtime::offload(executors_.cpu(), [&]() -> Result<std::vector<model::Hit>> {
    std::vector<float> vector;
    if (query.mode != model::SearchMode::kBm25) {
      auto embedded = embedder_.embed(std::array{std::string_view(query.text)});
      if (embedded.has_error()) return embedded.error();
      vector = std::move(embedded->front());
    }
    return index_.snapshot()->search(query, vector, options_);
  });
  if (hits.has_error()) co_return hits.error();
  Retrieved retrieved{.hits = std::move(*hits),
                      .took = std::chrono::duration_cast<std::chrono::microseconds>(clock.steady() - start)};
  metrics_.observe("rag_retrieval_duration_seconds", {},
                   std::chrono::duration<double>(retrieved.took).count());
  metrics_.observe("rag_documents_retrieved_total", {}, static_cast<double>(retrieved.hits.size()));
  co_return retrieved;
}

}  // namespace wellspring::rag
