#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/chunk.hpp"

namespace wellspring::text {

/// Counts a text in the unit of `ChunkerOptions::max_tokens`. Must be additive enough that a text counts no
/// more than the sum of its space-separated parts.
using TokenCounter = std::function<std::size_t(std::string_view)>;

struct ChunkerOptions {
  std::size_t max_tokens =
      254;  ///< header lines and body together; the model's window less its two special pieces
};

/// Splits an article into chunks. Pure; thread-safe when `count` is. See docs/chunking.md for the rules.
/// Errors: kTooLarge when the article has more than limits::kChunksPerArticle chunks.
Result<std::vector<model::Chunk>> chunk_article(const model::Article& article, const ChunkerOptions& options,
                                                const TokenCounter& count);

}  // namespace wellspring::text
