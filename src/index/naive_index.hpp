#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/filter.hpp"
#include "index/index.hpp"
#include "model/chunk.hpp"
#include "model/query.hpp"

namespace wellspring::index::testing {

/// Words between spaces, as they are.
void split_words(std::string_view text, std::string_view locale, std::vector<std::string>& terms);

/// As split_words(), but that French words lose their last letter and Spanish has no stop words of its own:
/// "a" is one in every other language.
void stem_words(std::string_view text, std::string_view locale, std::vector<std::string>& terms);

/// A chunk of the article `id` in `locale`.
model::EmbeddedChunk make_chunk(const model::ArticleKey& key, std::size_t at, std::string text,
                                std::vector<float> vector = {});

struct NaiveHit {
  model::ArticleKey article;
  std::size_t chunk_index = 0;
  float score = 0;
  float bm25 = 0;
  float dense = 0;
};

/// What the index promises, written as plainly as possible: everything is computed anew for each query.
class NaiveIndex {
 public:
  explicit NaiveIndex(const IndexOptions& options, Analyze analyze = split_words)
      : options_(options), analyze_(std::move(analyze)) {}

  void replace(const model::ArticleKey& key, std::vector<model::EmbeddedChunk> chunks);
  void remove(const ArticleId& id);
  void clear() { articles_.clear(); }
  std::vector<NaiveHit> search(const model::Query& query, std::span<const float> vector,
                               const SearchOptions& options) const;
  std::size_t chunk_count() const;
  std::size_t article_count() const { return articles_.size(); }

 private:
  struct Statistics {
    std::size_t chunks = 0;
    float average_length = 0;
    std::map<std::string, std::size_t> chunks_with;
  };
  Statistics statistics() const;
  float bm25(const model::Chunk& chunk, const std::string& query, const Statistics& statistics) const;
  std::vector<std::string> words_of(const std::string& text, const std::string& locale) const;
  /// Among the articles' locales that have a chunk that matches.
  std::map<ArticleId, std::string> best_locales(const Matcher& matcher, const std::string& reader,
                                                const std::string& otherwise) const;

  IndexOptions options_;
  Analyze analyze_;
  std::map<model::ArticleKey, std::vector<model::EmbeddedChunk>> articles_;
};

}  // namespace wellspring::index::testing
