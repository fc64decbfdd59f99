#include "http/routes/routes_fixture.hpp"

namespace wellspring::http {
namespace {

using namespace std::chrono_literals;
using testing::contains;
using testing::get;
using testing::kQuestion;
using testing::post;
using testing::RawClient;

class LimitedRoutes : public testing::RoutesTest {
 protected:
  explicit LimitedRoutes(const RequestLimitOptions& limits = {.chat = {.per_minute = 3, .per_hour = 100}})
      : RoutesTest(limits) {}
  int status(const std::string& request) { return ask(request).first; }
  int chat(std::string_view headers = {}) { return status(post("/api/v1/chat", kQuestion, headers)); }
  double rejected(const char* endpoint) {
    return server_.metrics().value("rate_limit_rejections_total", {{"endpoint_type", endpoint}});
  }
};

TEST_F(LimitedRoutes, BothChatRoutesShareOneBudget) {
  EXPECT_EQ(chat(), 200);
  EXPECT_EQ(statuses(stream(kQuestion)).back(), "complete");
  EXPECT_EQ(chat(), 200);
  EXPECT_EQ(chat(), 429);
  EXPECT_EQ(status(post("/api/v1/chat/stream", kQuestion)), 429);
  EXPECT_EQ(rejected("chat"), 1);
  EXPECT_EQ(rejected("chat_stream"), 1);
  EXPECT_EQ(server_.metrics().value("rate_limit_bans_total", {{"endpoint_type", "chat"}}), 1);
  EXPECT_EQ(server_.metrics().value("wellspring_http_refused_total", {{"limit", "ban"}}), 1);
  // Only what was answered was asked.
  EXPECT_EQ(server_.metrics().value("user_questions_total", {{"endpoint_type", "chat"}}), 2);
}

TEST_F(LimitedRoutes, TheAnswerHasTheContractsMembersTwiceAndATrueRetryAfter) {
  for (int i = 0; i < 3; ++i) chat();
  const auto before = std::chrono::system_clock::now();
  const std::string answer =
      server_.exchange(post("/api/v1/chat", kQuestion, "Origin: http://localhost:3000\r\n"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 429 ")) << answer;
  EXPECT_TRUE(contains(answer, "Access-Control-Allow-Origin: http://localhost:3000\r\n"));
  EXPECT_TRUE(contains(answer, "Access-Control-Expose-Headers: Retry-After"));
  const auto body = testing::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  for (const auto& members : {body, body.at("detail")}) {
    EXPECT_EQ(members.at("error"), "rate_limited");
    EXPECT_TRUE(members.at("message").is_string());
    EXPECT_EQ(members.at("limits").at("per_minute").to_number<int>(), 3);
    EXPECT_EQ(members.at("limits").at("per_hour").to_number<int>(), 100);
    EXPECT_EQ(members.at("violation_count").to_number<int>(), 1);
    const auto seconds = members.at("retry_after_seconds").to_number<int>();
    EXPECT_GE(seconds, 59);
    EXPECT_LE(seconds, 60);
    EXPECT_TRUE(contains(answer, "Retry-After: " + std::to_string(seconds) + "\r\n"));
    const auto until = std::chrono::system_clock::time_point(
        std::chrono::seconds(members.at("ban_expires_at").to_number<std::int64_t>()));
    EXPECT_GE(until, before + 59s);
    EXPECT_LE(until, before + 66s);
  }
}

TEST_F(LimitedRoutes, MalformedBodiesAreNeverCountedAndAre422AlsoOverTheLimit) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status(post("/api/v1/chat", "{}")), 422);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status(post("/api/v1/chat/stream", "no JSON")), 422);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(chat(), 200);
  EXPECT_EQ(chat(), 429);
  EXPECT_EQ(status(post("/api/v1/chat", "{}")), 422);
}

TEST_F(LimitedRoutes, NothingElseIsLimited) {
  for (int i = 0; i < 4; ++i) chat();
  for (int i = 0; i < 30; ++i) {
    for (const char* path : {"/health/live", "/health", "/metrics", "/api/v1/sources/", "/api/v1/sync/health",
                             "/api/v1/auth/challenge"})
      ASSERT_EQ(status(get(path)), 200) << path;
    ASSERT_EQ(status(post("/api/v1/search", R"({"query":"lamps"})")), 200);
    ASSERT_EQ(status(post("/api/v1/sync/test-webhook", "{}")), 200);
  }
}

TEST_F(LimitedRoutes, HeadersOfAStrangerChangeNothing) {
  int refused = 0;
  for (int i = 0; i < 9; ++i) {
    const std::string n = std::to_string(i);
    refused += chat("X-Forwarded-For: 203.0.113." + n + "\r\nCF-Connecting-IP: 203.0.113." + n +
                    "\r\nX-Real-IP: 203.0.113." + n + "\r\nForwarded: for=203.0.113." + n +
                    "\r\nX-Fingerprint: fp:c" + n + ":" + n + "\r\n") == 429;
  }
  EXPECT_EQ(refused, 6);
}

class LimitedSearch : public LimitedRoutes {
 protected:
  LimitedSearch() : LimitedRoutes({.search = {.per_minute = 2}}) {}
};

TEST_F(LimitedSearch, HasABudgetOfItsOwnWithoutBans) {
  const std::string query = post("/api/v1/search", R"({"query":"lamps"})");
  EXPECT_EQ(status(post("/api/v1/search", "{}")), 422);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(chat(), 200);
  EXPECT_EQ(status(query), 200);
  EXPECT_EQ(status(query), 200);
  const auto [code, body] = ask(query);
  EXPECT_EQ(code, 429);
  EXPECT_EQ(body.as_object().if_contains("ban_expires_at"), nullptr);
  EXPECT_EQ(rejected("search"), 1);
}

class GlobalCeiling : public LimitedRoutes {
 protected:
  GlobalCeiling()
      : LimitedRoutes({.chat = {.per_minute = 50}, .chat_global = {.per_minute = 2, .per_hour = 20}}) {}
};

TEST_F(GlobalCeiling, RefusesWithItsOwnLimitsAndBansNobody) {
  EXPECT_EQ(chat(), 200);
  EXPECT_EQ(chat(), 200);
  for (int i = 0; i < 3; ++i) {
    const auto [code, body] = ask(post("/api/v1/chat", kQuestion));
    EXPECT_EQ(code, 429);
    EXPECT_EQ(body.at("limits").at("per_minute").to_number<int>(), 2);
    EXPECT_EQ(body.as_object().if_contains("ban_expires_at"), nullptr);
  }
  EXPECT_EQ(server_.metrics().value("wellspring_http_refused_total", {{"limit", "global_rate"}}), 3);
}

}  // namespace
}  // namespace wellspring::http
