#include "http/routes/routes_fixture.hpp"

namespace wellspring::http {
namespace {

namespace json = boost::json;
using testing::get;
using testing::kQuestion;
using testing::post;
using testing::TestServer;

class QuestionsTest : public testing::RoutesTest {
 protected:
  void store(int chat, int streamed) {
    std::vector<model::UserQuestion> questions;
    for (int i = 0; i < chat + streamed; ++i) {
      model::UserQuestion& question = questions.emplace_back();
      question.text = "question " + std::to_string(i);
      question.endpoint = i < chat ? model::QuestionEndpoint::kChat : model::QuestionEndpoint::kStream;
      question.asked_at = *parse_timestamp("2025-01-01T00:00:00Z") + std::chrono::seconds{i};
      question.analyzed = i % 2 == 0;
    }
    ASSERT_TRUE(questions_.append(questions).has_value());
  }
  json::value list(const std::string& parameters = "") {
    const auto [status, body] = ask(get("/api/v1/questions/" + parameters));
    EXPECT_EQ(status, 200) << body;
    return body;
  }
  std::int64_t total(const std::string& parameters) {
    return list(parameters).at("total").to_number<std::int64_t>();
  }
};

TEST_F(QuestionsTest, EveryQuestionOfBothRoutesIsLogged) {
  ask(post("/api/v1/chat", kQuestion));
  stream(R"({"query":"$ne {\"a\":1}","chat_history":[{"role":"human","content":"x"}]})");
  ask(post("/api/v1/chat", "{}"));
  ASSERT_TRUE(TestServer::eventually([&] { return questions_.stats().value().total() == 2; }));
  const json::value body = list();
  EXPECT_EQ(body.at("questions").at(0).at("question"), "$ne {\"a\":1}");
  EXPECT_EQ(body.at("questions").at(0).at("endpoint_type"), "stream");
  EXPECT_EQ(body.at("questions").at(0).at("chat_history_length").to_number<int>(), 1);
  EXPECT_EQ(body.at("questions").at(1).at("question"), "When are the harbour lamps lit?");
  EXPECT_EQ(body.at("questions").at(1).at("endpoint_type"), "chat");
}

TEST_F(QuestionsTest, AQuestionHasTheContractsMembers) {
  store(1, 0);
  const json::object question = list().at("questions").at(0).as_object();
  EXPECT_EQ(question.at("id").as_string().size(), 24U);
  EXPECT_EQ(question.at("timestamp"), "2025-01-01T00:00:00Z");
  EXPECT_TRUE(question.at("category").is_null());
  EXPECT_EQ(question.at("tags"), json::array());
  EXPECT_EQ(question.at("analyzed"), true);
  EXPECT_TRUE(question.at("analyzed_at").is_null());
  EXPECT_TRUE(question.at("locale").is_null());
  EXPECT_TRUE(question.at("outcome").is_null());
  EXPECT_TRUE(question.at("feedback").is_null());
  EXPECT_EQ(question.size(), 9U + 3U) << "the contract's nine and three more";
}

TEST_F(QuestionsTest, PagesAreNewestFirst) {
  store(3, 4);
  const json::value first = list("?page_size=3");
  EXPECT_EQ(first.at("questions").at(0).at("question"), "question 6");
  EXPECT_EQ(first.at("total").to_number<int>(), 7);
  EXPECT_EQ(first.at("page").to_number<int>(), 1);
  EXPECT_EQ(first.at("page_size").to_number<int>(), 3);
  EXPECT_EQ(first.at("total_pages").to_number<int>(), 3);
  const json::value last = list("?page=3&page_size=3");
  EXPECT_EQ(last.at("questions").as_array().size(), 1U);
  EXPECT_EQ(last.at("questions").at(0).at("question"), "question 0");
  EXPECT_TRUE(list("?page=2147483647&page_size=100").at("questions").as_array().empty());
  EXPECT_EQ(ask(get("/api/v1/questions?page=1")).first, 200);
}

TEST_F(QuestionsTest, AnEmptyLogHasNoPages) {
  EXPECT_EQ(list(), json::parse(R"({"questions":[],"total":0,"page":1,"page_size":50,"total_pages":0})"));
}

TEST_F(QuestionsTest, FiltersByAnalyzedAndEndpoint) {
  store(3, 4);
  EXPECT_EQ(total("?analyzed=true"), 4);
  EXPECT_EQ(total("?analyzed=False"), 3);
  EXPECT_EQ(total("?endpoint_type=chat"), 3);
  EXPECT_EQ(total("?endpoint_type=%22ch$at%22"), 3) << "stripped as the contract says";
  EXPECT_EQ(total("?endpoint_type=stream&analyzed=1"), 2);
  EXPECT_EQ(total("?endpoint_type=&analyzed="), 7);
}

TEST_F(QuestionsTest, BadParametersAreRefused) {
  for (const char* bad : {"?page=0", "?page=-1", "?page=x", "?page=99999999999", "?page_size=0",
                          "?page_size=101", "?page_size=1.5", "?analyzed=maybe"}) {
    EXPECT_EQ(ask(get("/api/v1/questions/" + std::string(bad))).first, 422) << bad;
  }
  for (const char* bad :
       {"?endpoint_type=voice", "?endpoint_type=CHAT", "?endpoint_type=$", "?endpoint_type=%20chat"}) {
    const auto [status, body] = ask(get("/api/v1/questions/" + std::string(bad)));
    EXPECT_EQ(status, 400) << bad;
    EXPECT_TRUE(body.at("detail").is_string());
  }
}

TEST_F(QuestionsTest, FeedbackIsStoredBesideTheQuestion) {
  const std::string id(ask(post("/api/v1/chat", kQuestion)).second.at("question_id").as_string());
  const std::string body = R"({"question_id":")" + id + R"(","helpful":false,"comment":" no hour\u0000 "})";
  EXPECT_EQ(ask(post("/api/v1/feedback", body)).first, 200);
  const json::value question = list().at("questions").at(0);
  EXPECT_EQ(question.at("id").as_string(), id);
  EXPECT_EQ(question.at("outcome"), "answered");
  EXPECT_EQ(question.at("locale"), "en");
  EXPECT_EQ(question.at("feedback").at("helpful"), false);
  EXPECT_EQ(question.at("feedback").at("comment"), "no hour");
  EXPECT_EQ(server_.metrics().value("wellspring_feedback_total", {{"verdict", "unhelpful"}}), 1);
  for (const char* unknown : {"5f0000000000000000000000", "", "x"}) {
    EXPECT_EQ(
        ask(post("/api/v1/feedback", R"({"helpful":true,"question_id":")" + std::string(unknown) + "\"}"))
            .first,
        404)
        << unknown;
  }
  for (const char* bad : {"", "{}", R"({"helpful":true})", R"({"helpful":1,"question_id":"x"})",
                          R"({"helpful":null,"question_id":"x"})", R"({"helpful":true,"question_id":7})"}) {
    EXPECT_EQ(ask(post("/api/v1/feedback", bad)).first, 422) << bad;
  }
}

TEST_F(QuestionsTest, AnAnswerThatFailsIsAQuestionAllTheSame) {
  model_.then = testing::StubModel::Then::kFail;
  stream(kQuestion);
  ASSERT_TRUE(TestServer::eventually([&] { return questions_.stats().value().total() == 1; }));
  EXPECT_TRUE(list().at("questions").at(0).at("outcome").is_null());
}

TEST_F(QuestionsTest, RefusedQuestionsAreGrouped) {
  const auto empty = ask(get("/api/v1/questions/unanswered")).second;
  EXPECT_EQ(empty, json::parse(R"({"groups":[],"total":0,"page":1,"page_size":50,"total_pages":0,)"
                               R"("questions_read":0})"));
  std::vector<model::UserQuestion> refused(1'203);
  for (std::size_t i = 0; i < refused.size(); ++i) {
    refused[i].text = "Where is bell " + std::to_string(i % 3) + (i % 2 == 0 ? "?" : "");
    refused[i].outcome = model::QuestionOutcome::kRefused;
    refused[i].asked_at = *parse_timestamp("2025-01-01T00:00:00Z") + std::chrono::seconds{i};
  }
  ASSERT_TRUE(questions_.append(refused).has_value());
  store(1, 0);
  const json::value board = ask(get("/api/v1/questions/unanswered?page=2&page_size=2")).second;
  EXPECT_EQ(board.at("questions_read").to_number<int>(), 1'203);
  EXPECT_EQ(board.at("total").to_number<int>(), 3);
  EXPECT_EQ(board.at("total_pages").to_number<int>(), 2);
  ASSERT_EQ(board.at("groups").as_array().size(), 1U);
  EXPECT_EQ(board.at("groups").at(0).at("question"), "Where is bell 0?");
  EXPECT_EQ(board.at("groups").at(0).at("count").to_number<int>(), 401);
  EXPECT_EQ(board.at("groups").at(0).at("first_asked"), "2025-01-01T00:00:00Z");
  EXPECT_EQ(ask(get("/api/v1/questions/unanswered?page_size=101")).first, 422);
}

TEST_F(QuestionsTest, WhoOptsOutIsNotLogged) {
  for (const char* header : {"DNT: 1\r\n", "Sec-GPC: 1\r\n"}) {
    const auto [status, body] = ask(post("/api/v1/chat", kQuestion, header));
    EXPECT_EQ(status, 200);
    EXPECT_FALSE(body.as_object().contains("question_id")) << header;
  }
  EXPECT_EQ(server_.metrics().value("wellspring_questions_logged_total", {{"outcome", "opted_out"}}), 2);
  EXPECT_TRUE(ask(post("/api/v1/chat", kQuestion, "DNT: 0\r\n")).second.as_object().contains("question_id"));
  ASSERT_TRUE(TestServer::eventually([&] { return questions_.stats().value().total() == 1; }));
}

TEST_F(QuestionsTest, StatsOfNothingAndOfSome) {
  EXPECT_EQ(
      ask(get("/api/v1/questions/stats")).second,
      json::parse(R"({"total_questions":0,"analyzed":0,"unanalyzed":0,"by_endpoint":{"chat":0,"stream":0},)"
                  R"("date_range":{"oldest":null,"newest":null}})"));
  store(3, 4);
  EXPECT_EQ(
      ask(get("/api/v1/questions/stats")).second,
      json::parse(R"({"total_questions":7,"analyzed":4,"unanalyzed":3,"by_endpoint":{"chat":3,"stream":4},)"
                  R"("date_range":{"oldest":"2025-01-01T00:00:00Z","newest":"2025-01-01T00:00:06Z"}})"));
}

}  // namespace
}  // namespace wellspring::http
