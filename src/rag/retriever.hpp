#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "embed/embedder.hpp"
#include "index/index.hpp"
#include "model/query.hpp"
#include "obs/metrics.hpp"
#include "runtime/executors.hpp"

namespace wellspring::rag {

struct Retrieved {
  std::vector<model::Hit> hits;
  std::vector<float> vector;     ///< the query's embedding; empty in mode kBm25
  std::uint64_t generation = 0;  ///< of the snapshot that was searched
  std::chrono::microseconds took{0};
};

/// Embeds a query and searches the current snapshot, on the cpu executor. Coroutine-safe from any executor;
/// borrows everything it is given.
class Retriever {
 public:
  Retriever(const embed::Embedder& embedder, const index::Index& index, const index::SearchOptions& options,
            runtime::Executors& executors, obs::Metrics& metrics);
  /// Errors: kInvalidArgument (k is 0 or over limits::kSearchResults), and those of the embedder. No hit is
  /// no error.
  boost::asio::awaitable<Result<Retrieved>> retrieve(model::Query query) const;
  /// The same search in the current snapshot with the embedding that an earlier retrieval gave.
  boost::asio::awaitable<Result<Retrieved>> retrieve_again(model::Query query,
                                                           std::vector<float> vector) const;
  /// Of the current snapshot.
  std::uint64_t generation() const { return index_.snapshot()->generation(); }

 private:
  Retrieved search(const model::Query& query, std::vector<float> vector) const;

  const embed::Embedder& embedder_;
  const index::Index& index_;
  index::SearchOptions options_;
  runtime::Executors& executors_;
  obs::Metrics& metrics_;
};

}  // namespace wellspring::rag
