#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/object_id.hpp"
#include "store/port_contract.hpp"
#include "store/question_store.hpp"

namespace wellspring::store {

class QuestionStoreContract : public testing::TestWithParam<PortFactory<QuestionStore>> {
 protected:
  using Texts = std::vector<std::string>;
  static constexpr auto kChat = model::QuestionEndpoint::kChat;
  static constexpr auto kStream = model::QuestionEndpoint::kStream;

  static Timestamp at(int seconds) {
    return Timestamp{std::chrono::hours{24 * 365 * 55} + std::chrono::seconds{seconds}};
  }
  static model::UserQuestion asked(const std::string& text, int when,
                                   model::QuestionEndpoint endpoint = kChat, bool analyzed = false) {
    model::UserQuestion question;
    question.text = text;
    question.endpoint = endpoint;
    question.asked_at = at(when);
    question.analyzed = analyzed;
    return question;
  }
  QuestionStore& questions() { return under_test_->port(); }
  void append(const std::vector<model::UserQuestion>& some) {
    ASSERT_TRUE(questions().append(some).has_value());
  }
  Texts texts(const QuestionFilter& filter = {}, std::size_t offset = 0, std::size_t limit = 100) {
    Texts texts;
    const auto page = questions().page(filter, offset, limit).value();
    for (const model::UserQuestion& question : page.questions) texts.push_back(question.text);
    return texts;
  }
  std::size_t total(const QuestionFilter& filter) { return questions().page(filter, 0, 0).value().total; }

  std::unique_ptr<PortUnderTest<QuestionStore>> under_test_ = GetParam()();
};

TEST_P(QuestionStoreContract, GivesBackWhatWasAppendedAlsoAfterReopening) {
  model::UserQuestion question = asked("Caf\u00e9 \"$ne\"?\n", 5, kStream, true);
  question.id = model::QuestionId("5f00000000000000000000ab");
  question.history_length = 3;
  question.category = "";
  question.tags = {"a", "\u00fc\"b"};
  question.analyzed_at = at(6);
  question.locale = "pt-BR";
  question.outcome = model::QuestionOutcome::kRefused;
  question.feedback = model::Feedback{.helpful = true, .comment = "merci \u00fc", .given_at = at(7)};
  append({question, asked("", 1)});
  under_test_->reopen();
  const auto page = questions().page({}, 0, 10).value();
  ASSERT_EQ(page.questions.size(), 2U);
  const model::UserQuestion& full = page.questions[0];
  EXPECT_EQ(full.id, question.id);
  EXPECT_EQ(full.text, question.text);
  EXPECT_EQ(full.history_length, 3U);
  EXPECT_EQ(full.endpoint, kStream);
  EXPECT_EQ(full.asked_at, at(5));
  EXPECT_EQ(full.category, "");
  EXPECT_EQ(full.tags, question.tags);
  EXPECT_TRUE(full.analyzed);
  EXPECT_EQ(full.analyzed_at, at(6));
  EXPECT_EQ(full.locale, "pt-BR");
  EXPECT_EQ(full.outcome, model::QuestionOutcome::kRefused);
  EXPECT_EQ(full.feedback, question.feedback);
  const model::UserQuestion& plain = page.questions[1];
  EXPECT_TRUE(model::parse_object_id(plain.id.value()).has_value());
  EXPECT_EQ(plain.text, "");
  EXPECT_EQ(plain.category, std::nullopt);
  EXPECT_TRUE(plain.tags.empty());
  EXPECT_FALSE(plain.analyzed);
  EXPECT_EQ(plain.analyzed_at, std::nullopt);
  EXPECT_EQ(plain.locale, "");
  EXPECT_EQ(plain.outcome, model::QuestionOutcome::kUnknown);
  EXPECT_EQ(plain.feedback, std::nullopt);
}

TEST_P(QuestionStoreContract, NewestFirstAndLaterAppendedFirstAmongEquals) {
  append({asked("b1", 2), asked("b2", 2)});
  append({asked("a", 1), asked("b3", 2), asked("c", 3)});
  EXPECT_EQ(texts(), (Texts{"c", "b3", "b2", "b1", "a"}));
}

TEST_P(QuestionStoreContract, PagesOverlapNowhereAndMissNothing) {
  std::vector<model::UserQuestion> many;
  for (int i = 0; i < 25; ++i) many.push_back(asked(std::to_string(i), i / 3));
  append(many);
  Texts paged;
  for (std::size_t offset = 0; offset < 30; offset += 7) {
    for (const std::string& text : texts({}, offset, 7)) paged.push_back(text);
  }
  EXPECT_EQ(paged, texts());
  EXPECT_EQ(std::set<std::string>(paged.begin(), paged.end()).size(), 25U);
  const auto beyond = questions().page({}, 1'000'000, 10).value();
  EXPECT_TRUE(beyond.questions.empty());
  EXPECT_EQ(beyond.total, 25U);
}

TEST_P(QuestionStoreContract, FiltersCountAndListTheSame) {
  append({asked("c", 1), asked("C", 2, kChat, true), asked("s", 3, kStream), asked("S", 4, kStream, true)});
  EXPECT_EQ(texts({.analyzed = true}), (Texts{"S", "C"}));
  EXPECT_EQ(texts({.analyzed = false}), (Texts{"s", "c"}));
  EXPECT_EQ(texts({.endpoint = kChat}), (Texts{"C", "c"}));
  EXPECT_EQ(texts({.analyzed = true, .endpoint = kStream}), (Texts{"S"}));
  EXPECT_EQ(total({}), 4U);
  EXPECT_EQ(total({.analyzed = true}), 2U);
  EXPECT_EQ(total({.endpoint = kStream}), 2U);
  EXPECT_EQ(total({.analyzed = false, .endpoint = kChat}), 1U);
}

TEST_P(QuestionStoreContract, FiltersByOutcomeToo) {
  auto refused = asked("refused", 3, kStream);
  refused.outcome = model::QuestionOutcome::kRefused;
  auto answered = asked("answered", 2);
  answered.outcome = model::QuestionOutcome::kAnswered;
  append({asked("unknown", 1), answered, refused});
  EXPECT_EQ(texts({.outcome = model::QuestionOutcome::kRefused}), Texts{"refused"});
  EXPECT_EQ(texts({.outcome = model::QuestionOutcome::kAnswered}), Texts{"answered"});
  EXPECT_EQ(texts({.outcome = model::QuestionOutcome::kUnknown}), Texts{"unknown"});
  EXPECT_EQ(total({.endpoint = kChat, .outcome = model::QuestionOutcome::kRefused}), 0U);
}

TEST_P(QuestionStoreContract, ALaterVerdictTakesThePlaceOfAnEarlierOne) {
  model::UserQuestion question = asked("a", 1);
  question.id = model::QuestionId("5f00000000000000000000ab");
  append({question, asked("b", 2)});
  const auto feedback = [&] { return questions().page({}, 1, 1).value().questions.at(0).feedback; };
  const model::Feedback first{.helpful = true, .comment = "yes", .given_at = at(3)};
  const model::Feedback second{.helpful = false, .comment = "", .given_at = at(4)};
  ASSERT_TRUE(questions().set_feedback(question.id, first).has_value());
  EXPECT_EQ(feedback(), first);
  ASSERT_TRUE(questions().set_feedback(question.id, second).has_value());
  under_test_->reopen();
  EXPECT_EQ(feedback(), second);
  EXPECT_EQ(questions().page({}, 0, 1).value().questions.at(0).feedback, std::nullopt);
}

TEST_P(QuestionStoreContract, FeedbackOnAnUnknownQuestionIsNotFound) {
  append({asked("a", 1)});
  const auto stored =
      questions().set_feedback(model::QuestionId("5f00000000000000000000ff"), {true, "x", at(2)});
  ASSERT_TRUE(stored.has_error());
  EXPECT_EQ(stored.error().kind, ErrorKind::kNotFound);
}

TEST_P(QuestionStoreContract, ForgetsByTimeInBatches) {
  append({asked("3", 3), asked("1", 1), asked("5", 5), asked("2", 2)});
  EXPECT_EQ(questions().forget(at(1), 10).value(), 0U);
  EXPECT_EQ(questions().forget(at(5), 0).value(), 0U);
  EXPECT_EQ(questions().forget(at(5), 2).value(), 2U);
  EXPECT_EQ(texts(), (Texts{"5", "3"}));
  EXPECT_EQ(questions().forget(at(5), 2).value(), 1U);
  under_test_->reopen();
  append({asked("6", 6), asked("7", 7)});
  EXPECT_EQ(questions().prune(2).value(), 1U) << "counts what is there, whatever was forgotten between";
  EXPECT_EQ(texts(), (Texts{"7", "6"}));
}

TEST_P(QuestionStoreContract, StatsOfNothingAndOfSome) {
  const auto none = questions().stats().value();
  EXPECT_EQ(none.total(), 0U);
  EXPECT_EQ(none.oldest, std::nullopt);
  EXPECT_EQ(none.newest, std::nullopt);
  append({asked("x", 5), asked("y", 2, kStream, true), asked("z", 4, kStream)});
  const auto some = questions().stats().value();
  EXPECT_EQ(some.total(), 3U);
  EXPECT_EQ(some.chat, 1U);
  EXPECT_EQ(some.stream, 2U);
  EXPECT_EQ(some.analyzed, 1U);
  EXPECT_EQ(some.oldest, at(2));
  EXPECT_EQ(some.newest, at(5));
}

TEST_P(QuestionStoreContract, PruningForgetsWhatCameFirst) {
  EXPECT_EQ(questions().prune(0).value(), 0U);
  append({asked("1", 1), asked("2", 2), asked("3", 3), asked("4", 4)});
  EXPECT_EQ(questions().prune(4).value(), 0U);
  EXPECT_EQ(questions().prune(2).value(), 2U);
  EXPECT_EQ(texts(), (Texts{"4", "3"}));
  under_test_->reopen();
  append({asked("5", 5)});
  EXPECT_EQ(questions().prune(2).value(), 1U);
  EXPECT_EQ(texts(), (Texts{"5", "4"}));
  EXPECT_EQ(questions().prune(0).value(), 2U);
  EXPECT_TRUE(texts().empty());
}

TEST_P(QuestionStoreContract, AppendingNothingIsFine) {
  append({});
  EXPECT_TRUE(texts().empty());
}

}  // namespace wellspring::store
