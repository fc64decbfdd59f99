#include "rag/evidence.hpp"

#include <gtest/gtest.h>

namespace wellspring::rag {
namespace {

model::Hit hit(std::string text, float dense) {
  model::Chunk chunk;
  chunk.text = std::move(text);
  return {.chunk = std::make_shared<const model::Chunk>(std::move(chunk)), .dense = dense};
}

Evidence judge(const std::vector<model::Hit>& hits, std::string_view question) {
  return judge_evidence(
      hits, question,
      {.dense_enough = 0.5F, .dense_least = 0.2F, .coverage_enough = 0.6F, .coverage_alone = 0.99F});
}

TEST(JudgeEvidence, NoHitIsNoEvidence) {
  EXPECT_EQ(judge({}, "anything"), Evidence::kNone);
}

TEST(JudgeEvidence, ACloseMeaningIsEnough) {
  EXPECT_EQ(judge({hit("wholly other words", 0.1F), hit("wholly other words", 0.5F)}, "connection budget"),
            Evidence::kEnough);
}

TEST(JudgeEvidence, AFarMeaningNeedsWords) {
  EXPECT_EQ(judge({hit("the budget of connections", 0.3F)}, "connection budget size"), Evidence::kEnough);
  EXPECT_EQ(judge({hit("the budget of connections", 0.1F)}, "connection budget size"), Evidence::kWeak);
  EXPECT_EQ(judge({hit("the budget", 0.3F)}, "connection budget size"), Evidence::kWeak);
}

TEST(JudgeEvidence, AllWordsInOnePassageAreEnough) {
  EXPECT_EQ(judge({hit("error ECONNBUDGET4711 means full", 0.0F)}, "What is ECONNBUDGET4711?"),
            Evidence::kEnough);
  EXPECT_EQ(judge({hit("error", 0.0F), hit("full", 0.0F)}, "error full"), Evidence::kWeak);
}

TEST(JudgeEvidence, WordsAreComparedAsTheHitsLocaleReadsThem) {
  model::Chunk chunk;
  chunk.text = "Las lámparas del puerto se encienden al anochecer";
  chunk.metadata.article.locale = "es";
  const std::vector<model::Hit> hits{
      {.chunk = std::make_shared<const model::Chunk>(std::move(chunk)), .dense = 0.0F}};
  EXPECT_EQ(judge(hits, "¿La lámpara de los puertos?"), Evidence::kEnough)
      << "stems and stop words of Spanish";
}

TEST(JudgeEvidence, AQuestionWithoutTermsNeedsMeaning) {
  EXPECT_EQ(judge({hit("what is it", 0.3F)}, "what is it?"), Evidence::kWeak);
  EXPECT_EQ(judge({hit("", 0.0F)}, ""), Evidence::kWeak);
}

}  // namespace
}  // namespace wellspring::rag
