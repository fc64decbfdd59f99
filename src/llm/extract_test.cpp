#include "llm/extract.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "llm/extractive_model.hpp"
#include "llm/word_overlap.hpp"

namespace wellspring::llm {
namespace {

namespace asio = boost::asio;

std::string joined(const Result<std::vector<std::string>>& pieces) {
  std::string answer;
  if (pieces.has_value()) {
    for (const std::string& piece : *pieces) answer += piece;
  } else {
    answer = "error: " + pieces.error().message;
  }
  return answer;
}

const std::vector<Passage> kPassages{
    {"Backups",
     "A backup copies the data folder. Stop the server before you copy it. Coffee is served at noon."},
    {"Restore",
     "## Steps\nTo restore a backup, run:\n\n```sh\ntar xf backup.tar\n```\n\nThe server starts by itself."},
};

TEST(Extract, QuotesTheBestSentenceWithItsCitation) {
  const auto pieces = extract("When must I stop the server?", kPassages, {});
  EXPECT_TRUE(joined(pieces).starts_with("Stop the server before you copy it. [1]")) << joined(pieces);
  EXPECT_EQ(joined(pieces).find("Coffee"), std::string::npos);
}

TEST(Extract, QuotesAShortCodeBlockWhole) {
  EXPECT_TRUE(joined(extract("How do I restore a backup?", kPassages, {}))
                  .starts_with("To restore a backup, run: [2]\n\n```sh\ntar xf backup.tar\n```"));
}

TEST(Extract, MeaningOutweighsWords) {
  const SentenceScorer likes_coffee =
      [](std::string_view, std::span<const std::string_view> sentences) -> Result<std::vector<float>> {
    std::vector<float> scores;
    for (const std::string_view sentence : sentences)
      scores.push_back(sentence.starts_with("Coffee") ? 1.0F : -1.0F);
    return scores;
  };
  EXPECT_EQ(joined(extract("caffeinated refreshments", kPassages, likes_coffee)),
            "Coffee is served at noon. [1]");
}

TEST(Extract, SaysTheSameThingOnce) {
  const std::vector<Passage> twins{{"A", "The port is 8000 by default."},
                                   {"B", "The port is 8000 by default."},
                                   {"C", "The default port can be changed by an option."}};
  const std::string answer = joined(extract("default port", twins, {}));
  EXPECT_EQ(answer.find("8000"), answer.rfind("8000")) << answer;
}

TEST(Extract, ATextThatOnlyRepeatsTheQuestionIsNoAnswer) {
  const std::vector<Passage> passages{
      {"Guide", "Try asking: \"When are the harbour lamps lit?\" or something else."},
      {"Lamps", "The keeper lights the harbour lamps at dusk."}};
  const std::string answer = joined(extract("When are the harbour lamps lit", passages, {}));
  EXPECT_NE(answer.find("at dusk. [2]"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("Try asking"), std::string::npos) << answer;
  const std::string nothing_else =
      joined(extract("When are the harbour lamps lit", {passages.data(), 1}, {}));
  EXPECT_NE(nothing_else.find("Try asking"), std::string::npos) << nothing_else;
}

TEST(Extract, QuotesFourSentencesAtMostAndScoresFew) {
  std::string text;
  for (int i = 0; i < 60; ++i)
    text += "Item" + std::to_string(i * 7919) + " pool of" + std::to_string(i * 104'729) + " connections" +
            std::to_string(i) + ". ";
  std::size_t scored = 0;
  const SentenceScorer flat = [&](std::string_view,
                                  std::span<const std::string_view> sentences) -> Result<std::vector<float>> {
    scored = sentences.size();
    return std::vector<float>(sentences.size(), 0.5F);
  };
  const auto pieces = extract("pool", std::vector<Passage>{{"T", text}}, flat);
  EXPECT_LE(pieces->size(), 4U);
  EXPECT_LE(scored, 6U);
}

TEST(Extract, ABlockWithoutLeadIsAnnouncedByItsTitle) {
  EXPECT_EQ(
      joined(extract("limits", std::vector<Passage>{{"Limits", "| a | b |\n|---|---|\n| 1 | 2 |"}}, {})),
      "Limits: [1]\n\n| a | b |\n|---|---|\n| 1 | 2 |");
}

TEST(Extract, ReportsWhatCannotBeQuotedAndWhatFails) {
  EXPECT_EQ(extract("q", {}, {}).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(extract("q", std::vector<Passage>{{"T", "# Only a heading"}}, {}).error().kind,
            ErrorKind::kInvalidArgument);
  const SentenceScorer broken = [](auto...) -> Result<std::vector<float>> {
    return fail(ErrorKind::kResource, "no memory");
  };
  EXPECT_EQ(extract("q", kPassages, broken).error().kind, ErrorKind::kResource);
  const SentenceScorer short_of_one = [](auto...) -> Result<std::vector<float>> {
    return std::vector<float>(1);
  };
  EXPECT_EQ(extract("q", kPassages, short_of_one).error().kind, ErrorKind::kBug);
}

TEST(WordOverlap, KnowsFormsOfAWord) {
  EXPECT_TRUE(similar("install", "installation"));
  EXPECT_TRUE(similar("pool", "pools"));
  EXPECT_FALSE(similar("content", "contract"));
  EXPECT_FALSE(similar("cat", "cats"));
  EXPECT_EQ(comparable_words("What is the Caf\xC3\xA9-pool's LIMIT?"),
            (std::vector<std::string>{"caf\xC3\xA9", "pool", "s", "limit"}));
}

struct Written {
  std::optional<Result<Generation>> outcome;
  std::string text;
};

Written generate(TextSink sink, ChatRequest request) {
  runtime::Executors executors({.cpu_threads = 1, .blocking_threads = 1});
  ExtractiveModel model({}, executors);
  Written run;
  asio::co_spawn(executors.io(),
                 model.generate(std::move(request), Deadline(SteadyTime::max()), std::move(sink)),
                 [&](std::exception_ptr thrown, Result<Generation> outcome) {
                   EXPECT_EQ(thrown, nullptr);
                   run.outcome = std::move(outcome);
                 });
  executors.run_io();
  return run;
}

TEST(ExtractiveModel, StreamsPiecesToTheSink) {
  std::string text;
  const Written run = generate(
      [&](std::string piece) -> asio::awaitable<Result<void>> {
        text += piece;
        co_return Result<void>();
      },
      {.question = "When must I stop the server?", .passages = kPassages, .messages = {}});
  EXPECT_TRUE(run.outcome->has_value());
  EXPECT_TRUE(text.starts_with("Stop the server before you copy it. [1]")) << text;
}

TEST(ExtractiveModel, EndsWhenTheReaderIsGone) {
  const Written run = generate(
      [](std::string) -> asio::awaitable<Result<void>> { co_return fail(ErrorKind::kCancelled, "gone"); },
      {.question = "server", .passages = kPassages, .messages = {}});
  EXPECT_EQ(run.outcome->error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace wellspring::llm
