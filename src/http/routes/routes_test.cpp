#include "http/routes/routes_fixture.hpp"

namespace wellspring::http {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::contains;
using testing::get;
using testing::kQuestion;
using testing::post;
using testing::RawClient;
using testing::RoutesTest;
using testing::StubModel;
using testing::TestServer;

TEST_F(RoutesTest, RootHealthAndReadiness) {
  EXPECT_EQ(ask(get("/")).second.at("status"), "operational");
  EXPECT_EQ(ask(get("/health/live")).second.at("status"), "healthy");
  for (const char* path : {"/health", "/health/detailed"}) {
    const auto [status, body] = ask(get(path));
    EXPECT_EQ(status, 200);
    EXPECT_EQ(body.at("services").at("vector_store").at("document_counts").at("total").to_number<int>(), 1)
        << body;
  }
  EXPECT_EQ(ask(get("/health/ready")).first, 200);
  ready_ = false;
  const auto [status, body] = ask(get("/health/ready"));
  EXPECT_EQ(status, 503);
  EXPECT_EQ(body.at("ready"), false);
  EXPECT_EQ(body.at("reason"), "the index is being loaded");
  EXPECT_EQ(ask(post("/api/v1/search", R"({"query":"x"})")).first, 503);
  EXPECT_EQ(ask(post("/api/v1/chat/stream", kQuestion)).first, 503);
}

TEST_F(RoutesTest, MetricsInBothFormats) {
  const std::string text = server_.exchange(get("/metrics"));
  EXPECT_TRUE(contains(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_TRUE(contains(text, "wellspring_index_articles 1\n"));
  const std::string open = server_.exchange(get("/metrics?format=openmetrics"));
  EXPECT_TRUE(contains(open, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
  EXPECT_TRUE(open.ends_with("# EOF\n"));
}

TEST_F(RoutesTest, ThePageIsServedWithItsOwnPolicyAndTags) {
  const std::string index = server_.exchange(get("/ui/"));
  EXPECT_TRUE(contains(index, "Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_TRUE(contains(index, "Content-Security-Policy: default-src 'self'"));
  EXPECT_TRUE(index.ends_with("\r\n\r\n<html>"));
  EXPECT_TRUE(server_.exchange(get("/ui/app.js", "If-None-Match: \"e1\"\r\n")).starts_with("HTTP/1.1 304 "));
  EXPECT_TRUE(server_.exchange(get("/ui/../etc/passwd")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(contains(server_.exchange(get("/ui")), "Location: /ui/\r\n"));
}

TEST_F(RoutesTest, EveryArticleIsFoundOnceInTheLocaleThatSuitsTheReader) {
  model::Article article;
  article.key = {ArticleId("lamps"), "es"};
  article.title = "Harbour lamps";
  article.markdown = "Las luces del puerto.";
  article.updated_at = parse_timestamp("2025-01-02T00:00:00Z");
  ASSERT_TRUE(ingestor_->publish(article).has_value());
  const auto locale_for = [&](const std::string& members, const std::string& headers) {
    const json::value hits =
        ask(post("/api/v1/search", R"({"query":"harbour lamps","mode":"bm25")" + members + "}", headers))
            .second.at("hits");
    return hits.as_array().size() != 1 ? "found " + std::to_string(hits.as_array().size())
                                       : std::string(hits.at(0).at("metadata").at("locale").as_string());
  };
  EXPECT_EQ(locale_for("", ""), "en");
  EXPECT_EQ(locale_for("", "Accept-Language: de, es-MX;q=0.5, en;q=0.4\r\n"), "es");
  EXPECT_EQ(locale_for("", "Accept-Language: de, fr;q=0.5\r\n"), "en");
  EXPECT_EQ(locale_for(R"(,"locale":"es_MX")", "Accept-Language: en\r\n"), "es");
  EXPECT_EQ(locale_for(R"(,"locale":"")", "Accept-Language: es\r\n"), "es");
  EXPECT_EQ(locale_for(R"(,"filter":{"locale":"es"})", ""), "es");
  for (const char* route : {"/api/v1/search", "/api/v1/chat", "/api/v1/chat/stream"}) {
    for (const char* bad : {"5", "\"nonsense!\"", "\"x\""}) {
      EXPECT_EQ(ask(post(route, std::string(R"({"query":"x","locale":)") + bad + "}")).first, 422) << bad;
    }
  }
}

TEST_F(RoutesTest, ARefusalIsInTheReadersLanguage) {
  model::Article article;
  article.key = {ArticleId("faros"), "es"};
  article.markdown = "Nada.";
  ASSERT_TRUE(ingestor_->publish(article).has_value());
  const auto refusal = [&](const std::string& headers) {
    const json::value body = ask(post("/api/v1/chat", R"({"query":"zzz qqq"})", headers)).second;
    EXPECT_TRUE(body.at("sources").as_array().empty());
    return std::string(body.at("answer").as_string());
  };
  EXPECT_TRUE(refusal("").starts_with("I found nothing"));
  EXPECT_TRUE(refusal("Accept-Language: es-ES,es;q=0.9,en;q=0.8\r\n").starts_with("No he encontrado"));
  EXPECT_TRUE(refusal("Accept-Language: fr\r\n").starts_with("I found nothing")) << "nothing is in French";
}

TEST_F(RoutesTest, TheDocumentationIsServedWithItsOwnPolicyAndIsNotCounted) {
  const std::string docs = server_.exchange(get("/docs"));
  EXPECT_TRUE(contains(docs, "Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_TRUE(contains(docs, "Content-Security-Policy: default-src 'none'; script-src 'self';"));
  EXPECT_TRUE(docs.ends_with("\r\n\r\n<html lang>"));
  const std::string document = server_.exchange(get("/openapi.json"));
  EXPECT_TRUE(contains(document, "Content-Type: application/json\r\n"));
  EXPECT_TRUE(contains(document, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"));
  EXPECT_TRUE(contains(document, "ETag: \"e4\"\r\n"));
  for (const char* path : {"/docs/", "/redoc"}) {
    EXPECT_TRUE(contains(server_.exchange(get(path)), "Location: /docs\r\n")) << path;
  }
  const std::string metrics = server_.exchange(get("/metrics"));
  for (const char* path : {"\"/docs", "/openapi.json", "/redoc"}) {
    EXPECT_FALSE(contains(metrics, path)) << path;
  }
}

TEST_F(RoutesTest, SearchFindsAndChecksItsInput) {
  const auto [status, body] = ask(
      post("/api/v1/search", R"({"query":"harbour lamps","k":3,"mode":"bm25","filter":{"locale":"en"}})"));
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body.at("mode"), "bm25");
  const json::value& hit = body.at("hits").at(0);
  EXPECT_EQ(hit.at("document_id"), "lamps");
  EXPECT_EQ(hit.at("title"), "Harbour lamps");
  EXPECT_EQ(hit.at("metadata").at("payload_id"), "lamps");
  EXPECT_GT(hit.at("scores").at("bm25").to_number<double>(), 0);
  for (const char* bad :
       {"", "{", "[]", "{}", R"({"query":1})", R"({"query":"x","k":0})", R"({"query":"x","k":101})",
        R"({"query":"x","k":1.5})", R"({"query":"x","mode":"magic"})", R"({"query":"x","filter":3})",
        R"({"query":"x","filter":{"a":{}}})", "{\"query\":\"\xff\"}", "{\"query\":\"x\"} trailing"}) {
    const auto [refused, problems] = ask(post("/api/v1/search", bad));
    EXPECT_EQ(refused, 422) << bad;
    EXPECT_FALSE(problems.at("detail").as_array().empty()) << bad;
  }
  EXPECT_EQ(ask(post("/api/v1/search", "{\"query\":" + std::string(100'000, '[') + "}")).first, 422);
}

TEST_F(RoutesTest, ChatAnswersWithSources) {
  const auto [status, body] = ask(post("/api/v1/chat", kQuestion));
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body.at("answer"), "The lamps are lit at dusk [1].");
  EXPECT_EQ(body.at("sources").at(0).at("metadata").at("title"), "Harbour lamps");
  EXPECT_EQ(server_.metrics().value("user_questions_total", {{"endpoint_type", "chat"}}), 1);
}

TEST_F(RoutesTest, MalformedQuestionsAreRefusedInTheContractsShape) {
  const auto first = [&](const char* body) {
    const auto [status, answer] = ask(post("/api/v1/chat", body));
    EXPECT_EQ(status, 422);
    return answer.at("detail").at(0);
  };
  const json::value missing = first("{}");
  EXPECT_EQ(missing.at("type"), "missing");
  EXPECT_EQ(missing.at("loc"), json::value({"body", "query"}));
  EXPECT_EQ(missing.at("msg"), "Field required");
  EXPECT_EQ(first(R"({"query":5})").at("type"), "string_type");
  EXPECT_EQ(first(R"({"query":"x","chat_history":5})").at("type"), "list_type");
  const json::value role = first(R"({"query":"x","chat_history":[{"role":"robot","content":"y"}]})");
  EXPECT_EQ(role.at("loc"), json::value({"body", "chat_history", 0, "role"}));
  EXPECT_EQ(role.at("msg"), "Input should be 'human' or 'ai'");
  EXPECT_EQ(first("{not json").at("type"), "json_invalid");
}

TEST_F(RoutesTest, AFailedAnswerIsAnErrorThatTellsNothingOfOurInsides) {
  model_.pieces.clear();
  model_.then = StubModel::Then::kFail;
  const std::string answer = server_.exchange(post("/api/v1/chat", kQuestion));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << answer;
  EXPECT_FALSE(contains(answer, "10.0.0.1"));
  EXPECT_TRUE(contains(answer, R"({"detail":{"error":"upstream","message":)"));
}

TEST_F(RoutesTest, TheStreamHasTheContractsEventsInOrder) {
  const std::string text = stream(kQuestion);
  EXPECT_TRUE(contains(text, "Content-Type: text/event-stream; charset=utf-8\r\n"));
  EXPECT_TRUE(contains(text, "Cache-Control: no-cache\r\n"));
  EXPECT_TRUE(contains(text, "data: {\"status\":\"thinking\",\"chunk\":\"\",\"isComplete\":false}\n\n"));
  const auto events = statuses(text);
  ASSERT_GE(events.size(), 4U);
  EXPECT_EQ(events[0], "thinking");
  EXPECT_EQ(events[1], "sources");
  EXPECT_EQ(events[2], "streaming");
  EXPECT_TRUE(contains(
      text,
      "data: "
      "{\"status\":\"complete\",\"chunk\":\"\",\"isComplete\":true,\"fromCache\":false,\"question_id\":"));
  EXPECT_EQ(events.back(), "complete");
}

TEST_F(RoutesTest, EveryFailureEndsTheStreamWithAnErrorEvent) {
  for (const auto then : {StubModel::Then::kFail, StubModel::Then::kThrow}) {
    model_.then = then;
    const std::string text = stream(kQuestion);
    const auto events = statuses(text);
    EXPECT_EQ(events.front(), "thinking");
    EXPECT_EQ(events.back(), "error") << text;
    EXPECT_FALSE(contains(text, "10.0.0.1"));
    EXPECT_FALSE(contains(text, "broken model"));
  }
}

TEST_F(RoutesTest, AReaderWhoLeavesCancelsTheModelsCall) {
  model_.then = StubModel::Then::kHang;
  RawClient client(server_.port());
  client.send(post("/api/v1/chat/stream", kQuestion));
  client.read_until("streaming");
  ASSERT_TRUE(TestServer::eventually([&] { return model_.hanging == 1; }));
  EXPECT_EQ(server_.metrics().value("wellspring_streams_open"), 1);
  client.close();
  EXPECT_TRUE(TestServer::eventually([&] { return model_.cancelled == 1; }));
  EXPECT_TRUE(
      TestServer::eventually([&] { return server_.metrics().value("wellspring_streams_open") == 0; }));
}

TEST_F(RoutesTest, DrainEndsStreamsWithAnErrorEvent) {
  model_.then = StubModel::Then::kHang;
  RawClient client(server_.port());
  client.send(post("/api/v1/chat/stream", kQuestion));
  client.read_until("streaming");
  ASSERT_TRUE(TestServer::eventually([&] { return model_.hanging == 1; }));
  server_.drain(10ms);
  const std::string rest = client.read_all();
  EXPECT_EQ(statuses(rest).back(), "error") << rest;
  EXPECT_TRUE(rest.ends_with("\r\n0\r\n\r\n"));
  EXPECT_EQ(model_.cancelled, 1);
}

TEST_F(RoutesTest, WebhooksAreJournalledBeforeTheAnswer) {
  const auto [status, body] =
      ask(post("/api/v1/sync/payload?locale=fr",
               R"({"operation":"create","doc":{"id":7,"title":"T","markdown":"x","status":"published",)"
               R"("createdAt":"2025-01-01T00:00:00Z","updatedAt":"2025-01-01T00:00:00Z"}})"));
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body.at("status"), "processing_triggered");
  EXPECT_EQ(body.at("document_id"), "7");
  const auto job = journal_.find(JobId(body.at("job_id").to_number<std::int64_t>())).value();
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->article.key.locale, "fr");

  const auto removal = ask(post("/api/v1/sync/payload", R"({"operation":"delete","doc":{"id":"7"}})")).second;
  EXPECT_EQ(removal.at("status"), "not_published_or_deleted");
  EXPECT_EQ(removal.at("operation"), "delete");
  EXPECT_EQ(
      server_.metrics().value("webhook_processing_total",
                              {{"source", "payload_cms"}, {"operation", "create"}, {"status", "success"}}),
      0)
      << "counted when its job has ended";
}

TEST_F(RoutesTest, BadWebhooksAreRefusedInBothForms) {
  const auto [status, body] =
      ask(post("/api/v1/sync/payload", R"({"operation":"create","doc":{"id":"x","status":"published"}})"));
  EXPECT_EQ(status, 422);
  EXPECT_EQ(body.at("detail").at("error"), "Validation failed");
  EXPECT_EQ(body.at("error"), "Validation failed");
  EXPECT_FALSE(body.at("details").as_array().empty());
  for (const char* bad : {"", "{", "[1]", "null"}) {
    const auto [refused, answer] = ask(post("/api/v1/sync/payload", bad));
    EXPECT_EQ(refused, 400) << bad;
    EXPECT_EQ(answer.at("error"), "Invalid JSON payload");
  }
}

TEST_F(RoutesTest, TestWebhookStoresNothing) {
  const auto good = ask(post("/api/v1/sync/test-webhook", R"({"doc":{"id":"x","status":"draft"}})")).second;
  EXPECT_EQ(good.at("status"), "success");
  EXPECT_EQ(good.at("document_status"), "draft");
  EXPECT_EQ(ask(post("/api/v1/sync/test-webhook", R"({"operation":"create"})")).second.at("status"), "error");
  EXPECT_EQ(ask(post("/api/v1/sync/test-webhook", R"({"doc":{"id":"x","status":"published"}})"))
                .second.at("status"),
            "validation_error");
  EXPECT_TRUE(journal_.list({}, 0, 10).value().empty());
}

TEST_F(RoutesTest, JobsAreListedFoundAndRetried) {
  ask(post("/api/v1/sync/payload", R"({"operation":"delete","doc":{"id":"j"}})"));
  const auto listed = ask(get("/api/v1/sync/jobs?limit=5")).second;
  EXPECT_EQ(listed.at("jobs").at(0).at("article_id"), "j");
  EXPECT_EQ(listed.at("counts").at("queued").to_number<int>(), 1);
  EXPECT_TRUE(ask(get("/api/v1/sync/jobs?from_id=2")).second.at("jobs").as_array().empty());
  EXPECT_EQ(ask(get("/api/v1/sync/jobs?to_id=1&limit=0")).second.at("counts").at("queued").to_number<int>(),
            1);
  const std::string id = std::to_string(listed.at("jobs").at(0).at("id").to_number<int>());
  EXPECT_EQ(ask(get("/api/v1/sync/jobs/" + id)).second.at("state"), "queued");
  EXPECT_EQ(ask(post("/api/v1/sync/jobs/" + id + "/retry", "")).first, 409);
  EXPECT_EQ(ask(get("/api/v1/sync/jobs/999")).first, 404);
  EXPECT_EQ(ask(get("/api/v1/sync/jobs/abc")).first, 422);
  EXPECT_EQ(ask(get("/api/v1/sync/jobs?state=lost")).first, 422);
  EXPECT_EQ(ask(get("/api/v1/sync/jobs?limit=0x1")).first, 422);

  const auto claimed = journal_.claim(clock_.wall()).value();
  ASSERT_TRUE(journal_.fail_attempt(claimed->id, "broken", std::nullopt, clock_.wall()).has_value());
  EXPECT_EQ(ask(post("/api/v1/sync/jobs/" + id + "/retry", "")).second.at("state"), "queued");
  EXPECT_EQ(woken_, 1);
}

TEST_F(RoutesTest, ImportTakesGoodRowsAndNamesBadLines) {
  const auto [status, body] = ask(post("/api/v1/sync/import",
                                       "{\"id\":\"a\",\"title\":\"A\",\"text\":\"one\"}\n\nnonsense\n"
                                       "{\"id\":\"b\",\"title\":\"B\",\"text\":\"two\"}"));
  EXPECT_EQ(status, 200);
  ASSERT_EQ(body.at("accepted").as_array().size(), 2U);
  EXPECT_EQ(body.at("accepted").at(1).at("id"), "b");
  ASSERT_EQ(body.at("rejected").as_array().size(), 1U);
  EXPECT_EQ(body.at("rejected").at(0).at("line").to_number<int>(), 3);
  EXPECT_EQ(journal_.list({}, 0, 10).value().front().priority, model::JobPriority::kImport);
}

TEST_F(RoutesTest, DocumentsShowTheAnswerableRevision) {
  const auto list = ask(get("/api/v1/documents?limit=10")).second;
  EXPECT_EQ(list.at("documents").at(0).at("id"), "lamps");
  EXPECT_EQ(list.at("total").to_number<int>(), 1);
  const auto document = ask(get("/api/v1/documents/lamps")).second;
  EXPECT_EQ(document.at("updated_at"), "2025-01-01T00:00:00Z");
  EXPECT_TRUE(contains(std::string(document.at("chunks").at(0).at("text").as_string()), "lit at dusk"));
  EXPECT_EQ(ask(get("/api/v1/documents/lamps?locale=fr")).first, 404);
  EXPECT_EQ(ask(get("/api/v1/documents/unknown")).first, 404);
}

TEST_F(RoutesTest, ChatOptionsWithoutPreflightHeadersIsOk) {
  EXPECT_EQ(ask("OPTIONS /api/v1/chat HTTP/1.1\r\nHost: x\r\n\r\n").second.at("status"), "ok");
}

}  // namespace
}  // namespace wellspring::http
