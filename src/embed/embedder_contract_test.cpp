// What every Embedder promises (embed/embedder.hpp), run on each of them.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <thread>

#include "embed/hashing_embedder.hpp"
#include "embed/model_folder_for_test.hpp"
#include "embed/onnx_embedder.hpp"

namespace wellspring::embed {
namespace {

using Vector = std::vector<float>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

struct Candidate {
  std::string name;
  std::string model_file;  ///< empty: needs none
  Result<std::unique_ptr<Embedder>> (*open)();
  /// How near a text's vector stays to itself in other company. The int8 form picks one activation scale per
  /// run.
  double same_text_cosine;
};

Result<std::unique_ptr<Embedder>> open_hashing() {
  return std::unique_ptr<Embedder>(new HashingEmbedder);
}
Result<std::unique_ptr<Embedder>> open_int8() {
  return open_onnx_embedder({.folder = pinned_model_folder()});
}
Result<std::unique_ptr<Embedder>> open_fp32() {
  return open_onnx_embedder({.folder = pinned_model_folder(), .form = ModelForm::kFp32});
}

void PrintTo(const Candidate& candidate, std::ostream* out) {
  *out << candidate.name;
}

class EmbedderContract : public testing::TestWithParam<Candidate> {
 protected:
  void SetUp() override {
    if (!GetParam().model_file.empty()) WELLSPRING_NEEDS_MODEL_FILE(GetParam().model_file);
    auto opened = GetParam().open();
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    embedder_ = std::move(*opened);
  }

  std::vector<Vector> embed(std::vector<std::string_view> texts) const {
    return embedder_->embed(texts).value();
  }
  Vector embed_one(std::string_view text) const { return embed({text}).front(); }

  std::unique_ptr<Embedder> embedder_;
};

TEST_P(EmbedderContract, GivesUnitVectorsOfItsDimensionForAnyBytes) {
  const std::string binary("\0\xFF\xFE\xC3(\xED\xA0\x80 caf\xE9", 14);
  const std::string long_text(1'000'000, 'x');
  std::string many_words;
  for (int i = 0; i < 20'000; ++i) many_words += "word ";
  for (const Vector& vector :
       embed({"", " ", "Published today.", "\u4eca\u5929", binary, long_text, many_words})) {
    EXPECT_EQ(vector.size(), embedder_->dimension());
    EXPECT_NEAR(dot(vector, vector), 1.0, 1e-5);
  }
}

TEST_P(EmbedderContract, EmbedsNoTexts) {
  EXPECT_TRUE(embed({}).empty());
}

TEST_P(EmbedderContract, GivesTheSameVectorForTheSameText) {
  EXPECT_EQ(embed_one("the pool is full"), embed_one("the pool is full"));
  const auto twins = embed({"twin text", "twin text"});
  EXPECT_EQ(twins[0], twins[1]);
}

TEST_P(EmbedderContract, KeepsTheOrderOfTextsWhateverTheirLengths) {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    texts.push_back("topic" + std::to_string(i));
    for (int words = 0; words < (i * 7) % 30; ++words) texts.back() += " filler" + std::to_string(i);
  }
  const auto together = embed({texts.begin(), texts.end()});
  ASSERT_EQ(together.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_GT(dot(together[i], embed_one(texts[i])), GetParam().same_text_cosine) << texts[i];
  }
}

TEST_P(EmbedderContract, PutsRelatedTextsNearerThanUnrelatedOnes) {
  const auto vectors = embed({"the pool holds connections", "how many connections does the pool hold",
                              "bread needs flour, water and salt"});
  EXPECT_GT(dot(vectors[0], vectors[1]), dot(vectors[0], vectors[2]) + 0.1);
}

TEST_P(EmbedderContract, CutsTextsAtItsWindow) {
  std::string window;
  for (std::size_t i = 0; i < embedder_->max_tokens(); ++i) window += "cat ";
  EXPECT_EQ(embed_one(window), embed_one(window + "and something else at the end"));
}

TEST_P(EmbedderContract, CountsTokensWithoutLimit) {
  EXPECT_EQ(embedder_->count_tokens(""), 0u);
  EXPECT_EQ(embedder_->count_tokens("one cat sat"), 3u);
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "cat ";
  EXPECT_EQ(embedder_->count_tokens(text), 5'000u);
  EXPECT_LE(embedder_->count_tokens("\xFF\xC3"), 2u);
}

TEST_P(EmbedderContract, ServesConcurrentCalls) {
  const std::vector<std::string_view> texts{"first text", "a second, longer text about the budget"};
  const auto expected = embed(texts);
  std::vector<std::vector<Vector>> seen(4);
  {
    std::vector<std::jthread> callers;
    for (auto& mine : seen) {
      callers.emplace_back([&] {
        for (int i = 0; i < 5; ++i) mine = embedder_->embed(texts).value();
      });
    }
  }
  for (const auto& vectors : seen) EXPECT_EQ(vectors, expected);
}

INSTANTIATE_TEST_SUITE_P(Embedders, EmbedderContract,
                         testing::Values(Candidate{"hashing", "", open_hashing, 0.99999},
                                         Candidate{"minilm_int8", "model.int8.onnx", open_int8, 0.98},
                                         Candidate{"minilm_fp32", "model.onnx", open_fp32, 0.9999}),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace wellspring::embed
