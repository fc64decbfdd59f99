#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
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

 private:
  const embed::Embedder& embedder_;
  const index::Index& index_;
  index::SearchOptions options_;
  runtime::Executors& executors_;
  obs::Metrics& metrics_;
};

}  // namespace wellspring::rag
