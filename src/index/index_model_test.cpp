// Random changes and queries, each answer compared with the naive index. Vectors hold small whole numbers, so
// that dot products are exact in every kernel and ties abound.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "index/index.hpp"
#include "index/naive_index.hpp"

namespace wellspring::index {
namespace {

using testing::NaiveHit;
using testing::NaiveIndex;

constexpr std::size_t kDimension = 5;

IndexOptions options() {
  IndexOptions chosen;
  chosen.dimension = kDimension;
  return chosen;
}

class Comparison {
 public:
  explicit Comparison(unsigned seed) : random_(seed) {}

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
        remove();
        break;
      case 2:
        index_.merge_step();
        break;
      case 3:
        if (below(8) == 0) load();
        break;
      default:
        replace();
    }
    if (locales_ < 5 && below(25) == 0) ++locales_;
    EXPECT_EQ(index_.snapshot()->chunk_count(), naive_.chunk_count());
    EXPECT_EQ(index_.snapshot()->article_count(), naive_.article_count());
  }

  void compare_searches() {
    for (const auto mode :
         {model::SearchMode::kBm25, model::SearchMode::kDense, model::SearchMode::kHybrid}) {
      model::Query query;
      query.text = words(below(5));
      query.mode = mode;
      query.k = below(4) == 0 ? 1000 : 1 + below(8);
      query.locale = locale();
      if (below(4) == 0) query.filter = {{"locale", {"fr", "pt-BR"}}};
      if (below(6) == 0) query.filter.push_back({"payload_id", {"1", "3", "12", "17"}});
      SearchOptions search;
      search.fusion = below(3) == 0 ? Fusion::kRrf : Fusion::kConvex;
      search.candidates = below(2) == 0 ? 1000 : 3;
      if (below(2) == 0) search.default_locale = "es";
      const std::vector<float> query_vector = below(5) == 0 ? std::vector<float>{} : vector();
      compare(index_.snapshot()->search(query, query_vector, search),
              naive_.search(query, query_vector, search));
    }
  }

 private:
  static void compare(const std::vector<model::Hit>& found, const std::vector<NaiveHit>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t at = 0; at < found.size(); ++at) {
      const model::ChunkMetadata& metadata = found[at].chunk->metadata;
      EXPECT_EQ(metadata.article, expected[at].article) << "place " << at;
      EXPECT_EQ(metadata.index, expected[at].chunk_index) << "place " << at;
      EXPECT_NEAR(found[at].score, expected[at].score, 1e-5) << "place " << at;
      EXPECT_NEAR(found[at].bm25, expected[at].bm25, 1e-5) << "place " << at;
      EXPECT_NEAR(found[at].dense, expected[at].dense, 1e-5) << "place " << at;
    }
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string words(std::size_t count) {
    std::string text;
    for (std::size_t at = 0; at < count; ++at) {
      text += below(10) == 0 ? " a" : " w" + std::to_string(below(1 + below(25)));
    }
    return text;
  }

  std::vector<float> vector() {
    std::vector<float> values(kDimension);
    for (float& value : values) value = static_cast<float>(below(5)) - 2;
    return values;
  }

  /// For a while there is one locale alone, as on most sites.
  std::string locale() {
    constexpr std::array kLocales{"en", "fr", "fr-CA", "es", "pt-BR"};
    return kLocales[below(locales_)];
  }

  model::ArticleKey key() { return {ArticleId(std::to_string(below(25))), locale()}; }

  std::vector<model::EmbeddedChunk> chunks(const model::ArticleKey& article) {
    std::vector<model::EmbeddedChunk> all;
    for (std::size_t at = 0, count = below(4); at < count; ++at) {
      all.push_back(testing::make_chunk(article, at, words(below(12)), vector()));
    }
    return all;
  }

  void replace() {
    const model::ArticleKey article = key();
    const auto revision = chunks(article);
    naive_.replace(article, revision);
    index_.replace(article, revision);
  }

  void remove() {
    const ArticleId id = key().id;
    naive_.remove(id);
    index_.remove(id);
  }

  void load() {
    std::vector<std::pair<model::ArticleKey, std::vector<model::EmbeddedChunk>>> articles;
    naive_.clear();
    for (std::size_t at = 0; at < 10; ++at) {
      const model::ArticleKey article = key();
      articles.emplace_back(article, chunks(article));
      naive_.replace(article, articles.back().second);
    }
    index_.load(std::move(articles));
  }

  std::mt19937 random_;
  std::size_t locales_ = 1;
  Index index_{options(), testing::stem_words};
  NaiveIndex naive_{options(), testing::stem_words};
};

class IndexModel : public ::testing::TestWithParam<unsigned> {};

TEST_P(IndexModel, AnswersAsTheNaiveIndexDoes) {
  Comparison comparison(GetParam());
  for (int step = 0; step < 120 && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    comparison.step();
    if (step % 3 == 0) comparison.compare_searches();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, IndexModel, ::testing::Range(1U, 13U));

}  // namespace
}  // namespace wellspring::index
