#include "http/server.hpp"

#include <gtest/gtest.h>

#include "http/server_fixture.hpp"

namespace wellspring::http {
namespace {

using namespace std::string_literals;
using testing::contains;
using testing::get;
using testing::post;
using testing::RawClient;
using testing::routes;
using testing::TestServer;

TEST(Server, AnswersAndKeepsTheConnection) {
  TestServer server(routes());
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/items/7?q=a%20b+c"));
    const std::string answer = client.read_response();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(contains(answer, "Connection: keep-alive\r\n"));
    EXPECT_TRUE(contains(answer, "X-Content-Type-Options: nosniff\r\n"));
    EXPECT_TRUE(contains(
        answer,
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; form-action 'none'\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n7|a b c")) << answer;
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server(routes());
  RawClient client(server.port());
  client.send(get("/items/1") + post("/echo", "two") + get("/items/3"));
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n1|-"));
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\ntwo"));
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n3|-"));
}

TEST(Server, ReadsRequestsThatComeByteByByte) {
  TestServer server(routes());
  RawClient client(server.port());
  for (const char byte : "\r\n" + post("/echo", "body")) client.send(std::string_view(&byte, 1));
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nbody"));
}

TEST(Server, ReadsChunkedBodies) {
  TestServer server(routes());
  const std::string answer = server.exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabcde")) << answer;
}

TEST(Server, ClosesWhenAsked) {
  TestServer server(routes());
  for (const std::string& request :
       {get("/small", "Connection: close\r\n"), std::string("GET /small HTTP/1.0\r\n\r\n")}) {
    RawClient client(server.port());
    client.send(request);
    EXPECT_TRUE(contains(client.read_all(), "Connection: close\r\n"));
  }
}

TEST(Server, ContinuesWhenExpected) {
  TestServer server(routes());
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nok"));
  EXPECT_TRUE(server.exchange("GET /small HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n")
                  .starts_with("HTTP/1.1 417 "));
}

TEST(Server, RefusesUnknownPathsAndMethods) {
  TestServer server(routes());
  const std::string lost = server.exchange(get("/nowhere"));
  EXPECT_TRUE(lost.starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(lost.ends_with(R"({"detail":"Not Found"})"));
  const std::string wrong = server.exchange(post("/small", "{}"));
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(contains(wrong, "Allow: GET\r\n"));
  EXPECT_TRUE(wrong.ends_with(R"({"detail":"Method Not Allowed"})"));
  EXPECT_TRUE(server.exchange("BREW /small HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 405 "));
}

TEST(Server, AHeadRequestGetsNoBody) {
  TestServer server(routes());
  RawClient client(server.port());
  client.send("HEAD /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(contains(answer, "Allow: GET\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(Server, RefusesWhatTwoParsersCouldReadDifferently) {
  TestServer server(routes());
  const std::string start = "POST /echo HTTP/1.1\r\nHost: x\r\n";
  for (const std::string& request : {
           start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           start + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
           start + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
           start + "Content-Length: 3, 3\r\n\r\nabc",
           start + "Content-Length: -3\r\n\r\nabc",
           start + "Content-Length: 0x3\r\n\r\nabc",
           start + "Content-Length: 99999999999999999999999\r\n\r\nabc",
           start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           start + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
           start + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
           start + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
           start + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc",
           std::string("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           std::string("GET /small HTTP/1.1\r\n\r\n"),
           std::string("GET /small HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
           std::string("GET  /small HTTP/1.1\r\nHost: x\r\n\r\n"),
           "GET /sm\0all HTTP/1.1\r\nHost: x\r\n\r\n"s,
           std::string("GET /small%00 HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET /small%2 HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET small HTTP/1.1\r\nHost: x\r\n\r\n"),
           "GET /small HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s,
           std::string("GET /small HTTP/1.1\r\nHost: x\r\n: novalue\r\n\r\n"),
           "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 tls hello\r\n\r\n"s,
       }) {
    RawClient client(server.port());
    client.send(request);
    client.half_close();
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << request << "\n->\n" << answer;
    EXPECT_TRUE(contains(answer, "Connection: close\r\n"));
    EXPECT_TRUE(contains(answer, R"({"detail":")")) << answer;
  }
}

TEST(Server, RefusesOtherCodingsAndVersions) {
  TestServer server(routes());
  EXPECT_TRUE(
      server.exchange("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
          .starts_with("HTTP/1.1 501 "));
  EXPECT_TRUE(server.exchange("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n")
                  .starts_with("HTTP/1.1 501 "));
  EXPECT_TRUE(server.exchange("GET /small HTTP/2.0\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 505 "));
}

TEST(Server, AThrowingHandlerIsA500WithoutDetailAndTheServerGoesOn) {
  TestServer server(routes());
  const std::string answer = server.exchange(get("/throws"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(answer.ends_with(R"({"detail":"Internal Server Error"})"));
  EXPECT_FALSE(contains(answer, "secret"));
  EXPECT_EQ(server.metrics().value("wellspring_errors_total", {{"kind", "bug"}}), 1);
  EXPECT_TRUE(server.exchange(get("/small")).starts_with("HTTP/1.1 200 "));
}

TEST(Server, RequestIdsComeBackWhenPlain) {
  TestServer server(routes());
  EXPECT_TRUE(
      contains(server.exchange(get("/small", "X-Request-Id: abc-1.2_3\r\n")), "X-Request-Id: abc-1.2_3\r\n"));
  for (const std::string& bad : {std::string("a b"), std::string("<script>"), std::string(65, 'a')}) {
    const std::string answer = server.exchange(get("/small", "X-Request-Id: " + bad + "\r\n"));
    EXPECT_FALSE(contains(answer, "X-Request-Id: " + bad));
    EXPECT_TRUE(contains(answer, "X-Request-Id: "));
  }
}

TEST(Server, CountsByRouteTemplate) {
  TestServer server(routes());
  server.exchange(get("/items/1"));
  server.exchange(get("/items/2"));
  server.exchange(get("/nowhere/1"));
  server.exchange(get("/nowhere/2"));
  const auto count = [&](const char* endpoint, const char* status) {
    return server.metrics().value("http_requests_total",
                                  {{"method", "GET"}, {"endpoint", endpoint}, {"status_code", status}});
  };
  EXPECT_EQ(count("/items/{id}", "200"), 2);
  EXPECT_EQ(count("unmatched", "404"), 2);
  EXPECT_EQ(count("/nowhere/1", "404"), 0);
}

TEST(Server, AnswersPreflightsAndDecoratesForAllowedOrigins) {
  TestServer server(routes());
  const std::string preflight =
      "OPTIONS /small HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: content-type\r\n";
  const std::string allowed = server.exchange(preflight + "Origin: http://localhost:3000\r\n\r\n");
  EXPECT_TRUE(allowed.starts_with("HTTP/1.1 200 "));
  for (const char* part : {"Access-Control-Allow-Origin: http://localhost:3000\r\n",
                           "Access-Control-Allow-Headers: content-type\r\n",
                           "Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n",
                           "Access-Control-Max-Age: 600\r\n", "Access-Control-Allow-Credentials: true\r\n",
                           "Vary: Origin\r\n"}) {
    EXPECT_TRUE(contains(allowed, part)) << allowed;
  }
  EXPECT_FALSE(contains(allowed, "X-Frame-Options"));
  const std::string refused = server.exchange(preflight + "Origin: http://evil.example\r\n\r\n");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(refused.ends_with("Disallowed CORS origin"));

  const std::string answer = server.exchange(get("/small", "Origin: http://localhost:3000\r\n"));
  EXPECT_TRUE(contains(answer, "Access-Control-Allow-Origin: http://localhost:3000\r\n"));
  EXPECT_TRUE(contains(answer, "Access-Control-Expose-Headers: Retry-After, X-Request-Id\r\n"));
  EXPECT_FALSE(contains(server.exchange(get("/small", "Origin: http://evil.example\r\n")),
                        "Access-Control-Allow-Origin"));
}

TEST(Server, OperatorRoutesAnswerLocalRequestsOrTheToken) {
  TestServer open(routes());
  EXPECT_TRUE(open.exchange(get("/operator")).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(open.exchange(get("/operator", "X-Forwarded-For: 10.0.0.1\r\n")).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(
      open.exchange(get("/operator", "Origin: http://evil.example\r\n")).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(
      open.exchange("GET /operator HTTP/1.1\r\nHost: 127.evil.example\r\n\r\n").starts_with("HTTP/1.1 403 "));

  TestServer guarded(routes(), {.access = {.admin_token = "s3cret"}});
  const std::string refused = guarded.exchange(get("/operator"));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(contains(refused, "WWW-Authenticate: Bearer\r\n"));
  EXPECT_TRUE(
      guarded.exchange(get("/operator", "Authorization: Bearer s3cre\r\n")).starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(
      guarded.exchange(get("/operator", "Authorization: Bearer s3cret\r\n")).starts_with("HTTP/1.1 200 "));
}

TEST(Server, TokenRoutesAreOpenUntilThereIsAToken) {
  TestServer open(routes());
  EXPECT_TRUE(open.exchange(get("/token", "X-Forwarded-For: 10.0.0.1\r\n")).starts_with("HTTP/1.1 200 "));

  TestServer guarded(routes(), {.access = {.admin_token = "s3cret"}});
  EXPECT_TRUE(guarded.exchange(get("/token")).starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(
      guarded.exchange(get("/token", "Authorization: Bearer s3cre\r\n")).starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(
      guarded.exchange(get("/token", "Authorization: Bearer s3cret\r\n")).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(guarded.exchange(get("/small")).starts_with("HTTP/1.1 200 "));
}

TEST(Server, TellsWhoseRequestItIs) {
  const auto client = [](TestServer& server, std::string_view headers) {
    const std::string answer = server.exchange(get("/client", headers));
    return answer.substr(answer.find("\r\n\r\n") + 4);
  };
  TestServer stranger(routes());
  EXPECT_EQ(client(stranger, ""), "127.0.0.1");
  EXPECT_EQ(client(stranger, "X-Forwarded-For: 203.0.113.9\r\n"), "127.0.0.1");

  TestServer behind_proxy(routes(), {.trusted_proxies = {IpNetwork::parse("127.0.0.0/8").value()}});
  EXPECT_EQ(client(behind_proxy, ""), "127.0.0.1");
  EXPECT_EQ(client(behind_proxy, "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"), "203.0.113.9");
  EXPECT_EQ(client(behind_proxy, "X-Forwarded-For: 203.0.113.9\r\nx-forwarded-for: 127.0.0.2\r\n"),
            "203.0.113.9");
  EXPECT_EQ(client(behind_proxy, "X-Forwarded-For: garbage\r\n"), "127.0.0.1");
}

TEST(Server, TheClientOfOneRequestIsNotThatOfTheNext) {
  TestServer server(routes(), {.trusted_proxies = {IpNetwork::parse("127.0.0.1").value()}});
  RawClient connection(server.port());
  connection.send(get("/client", "X-Forwarded-For: 203.0.113.9\r\n"));
  EXPECT_TRUE(connection.read_response().ends_with("203.0.113.9"));
  connection.send(get("/client"));
  EXPECT_TRUE(connection.read_response().ends_with("127.0.0.1"));
}

TEST(Server, RefusedTokensAreCounted) {
  TestServer server(routes(), {.access = {.admin_token = "s3cret"}});
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(
        server.exchange(get("/token", "Authorization: Bearer guess\r\n")).starts_with("HTTP/1.1 401 "));
  }
  const std::string refused = server.exchange(get("/operator", "Authorization: Bearer guess\r\n"));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 429 ")) << refused;
  EXPECT_TRUE(contains(refused, "Retry-After: "));
  EXPECT_EQ(server.metrics().value("rate_limit_rejections_total", {{"endpoint_type", "auth"}}), 1);
  EXPECT_TRUE(server.exchange(get("/small")).starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace wellspring::http
