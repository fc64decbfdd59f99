#include "rag/sentence_similarity.hpp"

#include <numeric>

namespace wellspring::rag {

Result<std::vector<float>> sentence_similarity(const embed::Embedder& embedder, std::string_view question,
                                               std::span<const std::string_view> sentences) {
  std::vector<std::string_view> texts{question};
  texts.insert(texts.end(), sentences.begin(), sentences.end());
  auto vectors = embedder.embed(texts);
  if (vectors.has_error()) return vectors.error();
  const std::vector<float>& asked = vectors->front();
  std::vector<float> cosines;
  cosines.reserve(sentences.size());
  for (std::size_t i = 1; i < vectors->size(); ++i) {
    cosines.push_back(std::inner_product(asked.begin(), asked.end(), (*vectors)[i].begin(), 0.0F));
  }
  return cosines;
}

}  // namespace wellspring::rag
