#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "model/chunk.hpp"

namespace wellspring::model {

enum class SearchMode { kBm25, kDense, kHybrid };

constexpr std::string_view name(SearchMode mode) {
  switch (mode) {
    case SearchMode::kBm25:
      return "bm25";
    case SearchMode::kDense:
      return "dense";
    case SearchMode::kHybrid:
      return "hybrid";
  }
  return "hybrid";
}

/// One condition: the named metadata member (contract 4.3, or an `extra` key) equals one of the values. A
/// member that is a list (`categories`) matches when any of its items does.
struct FieldMatch {
  std::string field;
  std::vector<std::string> any_of;
};

/// All conditions must hold; none means everything.
using Filter = std::vector<FieldMatch>;

struct Query {
  std::string text;
  std::size_t k = 10;
  SearchMode mode = SearchMode::kHybrid;
  Filter filter;
  std::string locale = kDefaultLocale;  ///< the reader's: articles are found in the nearest one they have
};

/// A chunk with scores. `score` orders the hits; `bm25` and `dense` are the raw scores of the stages (0 when
/// the stage did not run or did not see the chunk). A dense score is a cosine in [-1, 1].
struct Hit {
  std::shared_ptr<const Chunk> chunk;  ///< keeps the immutable chunk alive beyond its snapshot
  float score = 0;
  float bm25 = 0;
  float dense = 0;
};

}  // namespace wellspring::model
