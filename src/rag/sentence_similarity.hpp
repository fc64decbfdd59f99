#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "embed/embedder.hpp"

namespace wellspring::rag {

/// The cosine of each sentence with the question. Embeds them all in one call; errors are the embedder's.
Result<std::vector<float>> sentence_similarity(const embed::Embedder& embedder, std::string_view question,
                                               std::span<const std::string_view> sentences);

}  // namespace wellspring::rag
