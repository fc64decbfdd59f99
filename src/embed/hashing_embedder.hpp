#pragma once

#include <cstddef>
#include <string>

#include "embed/embedder.hpp"

namespace wellspring::embed {

/// Feature hashing of lower-cased words: texts that share words are near each other, and nothing else is
/// meant by it. The same on every machine and instant to open; for tests, and for trying the product without
/// a model.
class HashingEmbedder final : public Embedder {
 public:
  static constexpr std::size_t kDimension = 384;
  static constexpr std::size_t kMaxTokens = 256;

  Result<std::vector<std::vector<float>>> embed(std::span<const std::string_view> texts) const override;
  std::size_t dimension() const override { return kDimension; }
  std::size_t count_tokens(std::string_view text) const override;
  std::size_t max_tokens() const override { return kMaxTokens; }
  const std::string& model_name() const override { return model_name_; }

 private:
  const std::string model_name_ = "hashing/384";
};

}  // namespace wellspring::embed
