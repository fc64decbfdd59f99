#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/article.hpp"

namespace wellspring::store {

/// A chunk that is served but has no vector of the model in use.
struct UnembeddedChunk {
  std::string row;  ///< for put(); means nothing else
  model::ArticleKey article;
  std::string text;  ///< what to embed
};

struct NewVector {
  std::string row;
  std::vector<float> vector;
};

/// Vectors that a store lacks, because its chunks were written by another program or for another model. Who
/// computes them lists some, puts them, and begins again until none is listed; a restart loses nothing. All
/// calls block and are thread-safe. Errors: kUnavailable, kResource, kCorrupt.
class MissingVectors {
 public:
  virtual ~MissingVectors() = default;
  /// At most `limit` chunks without a vector of `dimension` numbers made by `embedding_model`.
  virtual Result<std::vector<UnembeddedChunk>> list(const std::string& embedding_model, std::size_t dimension,
                                                    std::size_t limit) = 0;
  /// Keeps vectors made by `embedding_model`. Chunks that were unpublished meanwhile stay so.
  virtual Result<void> put(const std::string& embedding_model, std::span<const NewVector> vectors) = 0;
};

}  // namespace wellspring::store
