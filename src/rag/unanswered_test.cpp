#include "rag/unanswered.hpp"

#include <gtest/gtest.h>

namespace wellspring::rag {
namespace {

Timestamp at(int seconds) {
  return Timestamp{std::chrono::hours{24 * 365 * 55} + std::chrono::seconds{seconds}};
}

model::UserQuestion asked(std::string text, int when, std::string locale = "en") {
  model::UserQuestion question;
  question.text = std::move(text);
  question.asked_at = at(when);
  question.locale = std::move(locale);
  return question;
}

TEST(QuestionKey, IsTheSameForTheSameQuestionInOtherWords) {
  const std::string key = question_key("How do I pair the lamp?", "en");
  for (const char* same :
       {"how do I pair the lamp", "HOW DO I PAIR LAMPS?!", "The lamp: how do I pair it?"}) {
    EXPECT_EQ(question_key(same, "en"), key) << same;
  }
  EXPECT_NE(question_key("How do I repair the lamp?", "en"), key);
  EXPECT_NE(question_key("How do I pair the lamp with a bell?", "en"), key);
  EXPECT_EQ(question_key("\u00bfQu\u00e9 l\u00e1mparas hay?", "es"),
            question_key("\u00bfqu\u00e9 l\u00e1mpara hay?", "es"));
}

TEST(QuestionKey, WithoutATermIsTheTextItself) {
  EXPECT_EQ(question_key(" ?? ", "en"), "??");
  EXPECT_NE(question_key("??", "en"), question_key("!!", "en"));
}

TEST(GroupUnanswered, CountsAndOrders) {
  const std::vector<model::UserQuestion> refused{
      asked("Where is the bell?", 9), asked("Pair the lamp?", 5),  asked("pairing lamps", 7),
      asked("Who rings?", 8),         asked("PAIR LAMP", 6, "en"), asked("where is the bell", 1)};
  const auto groups = group_unanswered(refused);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].question, "pairing lamps");
  EXPECT_EQ(groups[0].count, 3U);
  EXPECT_EQ(groups[0].first_asked, at(5));
  EXPECT_EQ(groups[0].last_asked, at(7));
  EXPECT_EQ(groups[1].question, "Where is the bell?");
  EXPECT_EQ(groups[1].count, 2U);
  EXPECT_EQ(groups[2].question, "Who rings?");
  EXPECT_TRUE(group_unanswered({}).empty());
}

}  // namespace
}  // namespace wellspring::rag
