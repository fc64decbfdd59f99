#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "embed/embedder.hpp"
#include "model/article.hpp"

namespace wellspring::rag {

/// Hashes words into a few dimensions: shared words are nearness. Counts what it embeds and fails when told
/// to.
class WordEmbedder final : public embed::Embedder {
 public:
  explicit WordEmbedder(std::string model = "words/64") : model_(std::move(model)) {}
  Result<std::vector<std::vector<float>>> embed(std::span<const std::string_view> texts) const override {
    if (failing) return fail(ErrorKind::kResource, "word embedder: told to fail");
    std::vector<std::vector<float>> vectors;
    for (const std::string_view text : texts) {
      embedded.insert(std::string(text));
      vectors.push_back(vector_of(text));
    }
    return vectors;
  }
  std::size_t dimension() const override { return 64; }
  std::size_t count_tokens(std::string_view text) const override {
    std::size_t words = 0;
    for_words(text, [&](const std::string&) { ++words; });
    return words;
  }
  std::size_t max_tokens() const override { return 256; }
  const std::string& model_name() const override { return model_; }

  mutable std::multiset<std::string> embedded;
  bool failing = false;

 private:
  template <class Visit>
  static void for_words(std::string_view text, Visit visit) {
    std::string word;
    for (const char c : text) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else if (!word.empty()) {
        visit(std::exchange(word, {}));
      }
    }
    if (!word.empty()) visit(word);
  }
  std::vector<float> vector_of(std::string_view text) const {
    std::vector<float> vector(dimension(), 0.0F);
    vector[0] = 0.01F;  // a text without words has a length too
    for_words(text, [&](const std::string& word) {
      vector[std::hash<std::string>{}(word) % vector.size()] += 1.0F;
    });
    float length = 0;
    for (const float value : vector) length += value * value;
    for (float& value : vector) value /= std::sqrt(length);
    return vector;
  }

  std::string model_;
};

inline model::Article article(std::string id, std::string title, std::string markdown) {
  model::Article made;
  made.key = {ArticleId(std::move(id)), "en"};
  made.title = std::move(title);
  made.markdown = std::move(markdown);
  made.updated_at = parse_timestamp("2025-11-16T17:27:37Z");
  return made;
}

}  // namespace wellspring::rag
