#include "http/routes/routes_fixture.hpp"

namespace wellspring::http {
namespace {

namespace json = boost::json;
using testing::contains;
using testing::get;
using testing::post;
using testing::request;

constexpr const char* kManual = R"({"name":"Manual","type":"web","uri":"https://a.example"})";

class SourcesTest : public testing::RoutesTest {
 protected:
  json::value create(const std::string& body = kManual) {
    const auto [status, source] = ask(post("/api/v1/sources/", body));
    EXPECT_EQ(status, 201) << source;
    return source;
  }
  static std::string path_of(const json::value& source) {
    return "/api/v1/sources/" + std::string(source.at("id").as_string());
  }
  std::pair<int, json::value> put(const json::value& source, const std::string& body) {
    return ask(request("PUT", path_of(source), body));
  }
};

TEST_F(SourcesTest, CreatedAsTheContractShowsItWithAReason) {
  const json::value source = create(
      R"({"id":"mine","name":"Manual","type":"web","uri":"https://a.example","status":"active","colour":1})");
  EXPECT_EQ(source.at("id").as_string().size(), 24U);
  EXPECT_EQ(source.at("name"), "Manual");
  EXPECT_EQ(source.at("type"), "web");
  EXPECT_EQ(source.at("uri"), "https://a.example");
  EXPECT_EQ(source.at("status"), "ingesting");
  EXPECT_TRUE(source.at("last_ingested_at").is_null());
  EXPECT_EQ(source.at("created_at"), source.at("updated_at"));
  EXPECT_TRUE(contains(std::string(source.at("status_reason").as_string()), "does not fetch"));
  EXPECT_EQ(source.as_object().size(), 9U);
  EXPECT_EQ(ask(get(path_of(source))).second, source);
}

TEST_F(SourcesTest, BothFormsOfThePathListInOrder) {
  EXPECT_EQ(ask(get("/api/v1/sources/")).second, json::array());
  create();
  EXPECT_EQ(ask(post("/api/v1/sources", R"({"name":"B","type":"web","uri":"b"})")).first, 201);
  for (const char* path : {"/api/v1/sources/", "/api/v1/sources"}) {
    const auto [status, list] = ask(get(path));
    EXPECT_EQ(status, 200);
    ASSERT_EQ(list.as_array().size(), 2U);
    EXPECT_EQ(list.at(0).at("uri"), "https://a.example");
    EXPECT_EQ(list.at(1).at("uri"), "b");
  }
}

TEST_F(SourcesTest, TheContractsLiteralsForWhatCannotBe) {
  const json::value source = create();
  const auto expect = [&](const std::string& request_text, int status, const char* detail) {
    const auto [got, body] = ask(request_text);
    EXPECT_EQ(got, status) << request_text;
    EXPECT_EQ(body, (json::value{{"detail", detail}})) << request_text;
  };
  constexpr const char* kTaken = "Data source with this URI already exists.";
  expect(post("/api/v1/sources/", kManual), 409, kTaken);
  const json::value other = create(R"({"name":"B","type":"web","uri":"b"})");
  expect(request("PUT", path_of(other), R"({"uri":"https://a.example"})"), 409, kTaken);
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    expect(request(method, "/api/v1/sources/not-an-id", "{}"), 400, "Invalid source ID format.");
    expect(request(method, "/api/v1/sources/5f0000000000000000000001", "{}"), 404, "Data source not found.");
  }
}

TEST_F(SourcesTest, BodiesThatDoNotFitAreRefusedAndStoreNothing) {
  const std::string long_text(5'000, 'x');
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"), std::string(R"({"name":"n"})"),
        std::string(R"({"name":1,"type":"t","uri":"u"})"),
        std::string(R"({"name":null,"type":"t","uri":"u"})"),
        std::string(R"({"name":"","type":"t","uri":"u"})"),
        std::string(R"({"name":"n","type":"t","uri":""})"),
        std::string(R"({"name":"n","type":"t","uri":"u","status":3})"),
        std::string(R"({"name":"n","type":"t","uri":"u","last_ingested_at":"soon"})"),
        R"({"name":"n","type":"t","uri":")" + long_text + "\"}"}) {
    const auto [status, body] = ask(post("/api/v1/sources/", bad));
    EXPECT_EQ(status, 422) << bad;
    EXPECT_FALSE(body.at("detail").as_array().empty()) << bad;
  }
  EXPECT_EQ(ask(post("/api/v1/sources/", "{\"name\":\"" + std::string(20'000, 'x') + "\"}")).first, 413);
  EXPECT_TRUE(ask(get("/api/v1/sources/")).second.as_array().empty());
}

TEST_F(SourcesTest, UpdatesWhatIsNamedAndOverwritesUpdatedAt) {
  const json::value source = create();
  const auto [status, updated] =
      put(source, R"({"name":"Guide","status":"active","last_ingested_at":"2025-01-01T10:00:00",)"
                  R"("updated_at":"1999-01-01T00:00:00Z"})");
  EXPECT_EQ(status, 200);
  EXPECT_EQ(updated.at("name"), "Guide");
  EXPECT_EQ(updated.at("type"), "web");
  EXPECT_EQ(updated.at("status"), "active");
  EXPECT_TRUE(updated.at("status_reason").is_null());
  EXPECT_EQ(updated.at("last_ingested_at"), "2025-01-01T10:00:00Z");
  EXPECT_EQ(updated.at("created_at"), source.at("created_at"));
  EXPECT_GT(updated.at("updated_at").as_string(), source.at("updated_at").as_string());
  EXPECT_EQ(ask(get(path_of(source))).second, updated);
  EXPECT_EQ(put(source, R"({"uri":"https://new.example","status":"active"})").second.at("status"),
            "ingesting");
  EXPECT_TRUE(put(source, R"({"last_ingested_at":null})").second.at("last_ingested_at").is_null());
  EXPECT_EQ(put(source, "{}").first, 200);
}

TEST_F(SourcesTest, NullsAreRefusedSoThatEveryRowCanBeReadBack) {
  const json::value source = create();
  for (const char* member : {"name", "type", "uri", "status"}) {
    const auto [status, body] = put(source, "{\"" + std::string(member) + "\":null}");
    EXPECT_EQ(status, 422) << member;
    EXPECT_EQ(body.at("detail").at(0).at("loc"), (json::value{"body", member}));
  }
  EXPECT_EQ(ask(get(path_of(source))).second, source);
}

TEST_F(SourcesTest, DeletedWithoutABody) {
  const json::value source = create();
  const std::string answer = server_.exchange(request("DELETE", path_of(source)));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 ")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_FALSE(contains(answer, "\r\nContent-Type:"));
  EXPECT_EQ(ask(get(path_of(source))).first, 404);
  create();
}

}  // namespace
}  // namespace wellspring::http
