#include "net/web_client.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <optional>

#include "net/scripted_server.hpp"

namespace wellspring::net {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kLimit{10'000};  // a hung test ends here
using Outcome = std::optional<Result<GetResponse>>;

std::string redirect_to(const std::string& location, int status = 302) {
  return json_response(status, "", "Location: " + location + "\r\n");
}

class WebClientTest : public testing::Test {
 protected:
  ScriptedServer& serve(std::vector<Script> scripts) {
    return *servers_.emplace_back(std::make_unique<ScriptedServer>(io_, std::move(scripts)));
  }

  void allow(const std::string& origin) {
    guard_.allow_origin(parse_url(origin, "test").value());
    client_.reset();
  }

  WebClient& client(WebClientOptions options = {}) {
    return *(client_ = std::make_unique<WebClient>(guard_, std::move(options), clock_));
  }

  std::shared_ptr<Outcome> start(GetRequest request) {
    if (!client_) client();
    auto outcome = std::make_shared<Outcome>();
    asio::co_spawn(io_, client_->get(std::move(request), Deadline::after(clock_, kLimit)),
                   asio::bind_cancellation_slot(
                       cancel_.slot(), [outcome](std::exception_ptr thrown, Result<GetResponse> got) {
                         EXPECT_EQ(thrown, nullptr);
                         *outcome = std::move(got);
                       }));
    return outcome;
  }

  template <class Predicate>
  void run_until(Predicate done) {
    const SteadyTime limit = clock_.steady() + kLimit;
    while (!done() && clock_.steady() < limit) {
      io_.restart();
      io_.run_one_for(milliseconds{100});
    }
    ASSERT_TRUE(done());
  }

  Result<GetResponse> get(const std::string& url, std::function<void(GetRequest&)> adjust = {}) {
    GetRequest request{.url = parse_url(url, "test").value()};
    if (adjust) adjust(request);
    const auto outcome = start(std::move(request));
    run_until([&] { return outcome->has_value(); });
    return outcome->value_or(Result<GetResponse>(fail(ErrorKind::kBug, "it never ended")));
  }

  ErrorKind failure(const std::string& url, std::function<void(GetRequest&)> adjust = {}) {
    const auto got = get(url, std::move(adjust));
    EXPECT_TRUE(got.has_error()) << url;
    if (got) return ErrorKind::kBug;
    message_ = got.error().message;
    return got.error().kind;
  }

  SystemClock clock_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<ScriptedServer>> servers_;
  AddressGuard guard_ = AddressGuard::create({}).value();
  std::unique_ptr<WebClient> client_;
  asio::cancellation_signal cancel_;
  std::string message_;
};

TEST_F(WebClientTest, GetsADocument) {
  ScriptedServer& server = serve({{.writes = {json_response(200, "{\"a\":1}", "ETag: \"7\"\r\n")}}});
  allow(server.origin());
  const auto got = get(server.origin() + "/api/x?q=%5Ba%5D", [](GetRequest& request) {
    request.headers.emplace_back("Authorization", "users API-Key k");
  });
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "{\"a\":1}");
  EXPECT_EQ(got->headers.at("etag"), "\"7\"");
  EXPECT_GT(got->received, got->body.size());
  const std::string& sent = server.requests().at(0);
  EXPECT_TRUE(sent.starts_with("GET /api/x?q=%5Ba%5D HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("Host: 127.0.0.1:" + std::to_string(server.port())), std::string::npos);
  EXPECT_NE(sent.find("Authorization: users API-Key k\r\n"), std::string::npos);
}

TEST_F(WebClientTest, AnyStatusIsAnAnswer) {
  ScriptedServer& server = serve({{.writes = {json_response(503, "later", "Retry-After: 2\r\n")}}});
  allow(server.origin());
  const auto got = get(server.origin());
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->status, 503);
  EXPECT_EQ(got->headers.at("retry-after"), "2");
}

TEST_F(WebClientTest, ABodySplitAtEveryByteOrSentInChunksIsTheSame) {
  ScriptedServer& server = serve(
      {{.writes = split_every_byte(json_response(200, "caf\xC3\xA9"))},
       {.writes =
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nca\r\n3\r\nf\xC3\xA9\r\n0\r\n\r\n"}},
       {.writes = {"HTTP/1.0 200 OK\r\n\r\ncaf\xC3\xA9"}}});
  allow(server.origin());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(server.origin())->body, "caf\xC3\xA9") << i;
}

TEST_F(WebClientTest, WithoutLeaveNothingPrivateIsContacted) {
  ScriptedServer& server = serve({{.writes = {json_response(200, "secret")}}});
  const std::string port = std::to_string(server.port());
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1",
                                 "2130706433", "0x7f000001", "0177.0.0.1"}) {
    const auto kind = failure("http://" + host + ":" + port + "/");
    EXPECT_TRUE(kind == ErrorKind::kInvalidArgument || kind == ErrorKind::kUnavailable) << host << message_;
  }
  EXPECT_EQ(failure("http://127.0.0.1:" + port), ErrorKind::kInvalidArgument);
  EXPECT_NE(message_.find("loopback"), std::string::npos) << message_;
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebClientTest, TheAddressThatWasCheckedIsTheOneConnectedTo) {
  ScriptedServer& server = serve({{.writes = {json_response(200, "here")}}});
  int asked = 0;
  guard_ = AddressGuard::create({"rebound.example"}).value();
  client({.resolver = [&](const std::string& host) -> Result<std::vector<IpAddress>> {
    EXPECT_EQ(host, "rebound.example");
    // A second look-up would lead elsewhere, as with a name server that an attacker runs.
    return std::vector{*parse_ip(++asked == 1 ? "127.0.0.1" : "127.0.0.2")};
  }});
  const auto got = get("http://rebound.example:" + std::to_string(server.port()) + "/");
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(got->body, "here");
  EXPECT_EQ(asked, 1);
}

TEST_F(WebClientTest, OfSeveralAddressesOnlyPermittedOnesAreTried) {
  ScriptedServer& server = serve({{.writes = {json_response(200, "never")}}});
  guard_ = AddressGuard::create({"127.0.0.1"}).value();
  client({.resolver = [&](const std::string&) -> Result<std::vector<IpAddress>> {
    return std::vector{*parse_ip("10.0.0.1"), *parse_ip("127.0.0.1"), *parse_ip("::1")};
  }});
  const auto got = get("http://mixed.example:" + std::to_string(server.port()) + "/");
  ASSERT_TRUE(got.has_value()) << got.error().message;
  client({.resolver = [&](const std::string&) -> Result<std::vector<IpAddress>> {
    return std::vector{*parse_ip("10.0.0.1"), *parse_ip("::1")};
  }});
  EXPECT_EQ(failure("http://mixed.example/"), ErrorKind::kInvalidArgument);
  client({.resolver = [&](const std::string&) {
    return Result<std::vector<IpAddress>>(std::vector<IpAddress>{});
  }});
  EXPECT_EQ(failure("http://nowhere.example/"), ErrorKind::kUnavailable);
}

TEST_F(WebClientTest, RedirectsAreFollowedWithinTheirLimit) {
  ScriptedServer& server = serve({{.writes = {redirect_to("/two", 301)}},
                                  {.writes = {redirect_to("three?x=1", 307)}},
                                  {.writes = {json_response(200, "there")}}});
  allow(server.origin());
  const auto got = get(server.origin() + "/a/one");
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(got->body, "there");
  EXPECT_EQ(got->url.target(), "/three?x=1");
  EXPECT_EQ(server.requests().size(), 3u);

  ScriptedServer& circle = serve({{.writes = {redirect_to("/again")}}});
  allow(circle.origin());
  EXPECT_EQ(failure(circle.origin()), ErrorKind::kUpstream);
  EXPECT_NE(message_.find("more than 5 redirects"), std::string::npos) << message_;
  EXPECT_EQ(circle.requests().size(), 6u);
}

TEST_F(WebClientTest, ARedirectIsCheckedAgain) {
  ScriptedServer& inside = serve({{.writes = {json_response(200, "secret")}}});
  ScriptedServer& outside = serve({{.writes = {redirect_to(inside.origin() + "/latest/meta-data")}}});
  allow(outside.origin());
  EXPECT_EQ(failure(outside.origin()), ErrorKind::kInvalidArgument);
  EXPECT_TRUE(inside.requests().empty());
  ScriptedServer& local = serve({{.writes = {redirect_to("file:///etc/passwd")}}});
  allow(local.origin());
  EXPECT_EQ(failure(local.origin()), ErrorKind::kUpstream);
}

TEST_F(WebClientTest, HeadersStayBehindAtAnotherOrigin) {
  ScriptedServer& other = serve({{.writes = {json_response(200, "fine")}}});
  ScriptedServer& first = serve({{.writes = {redirect_to(other.origin())}}});
  allow(first.origin());
  allow(other.origin());
  const auto with_key = [](GetRequest& request) { request.headers.emplace_back("Authorization", "key"); };
  ASSERT_TRUE(get(first.origin(), with_key).has_value());
  EXPECT_NE(first.requests().at(0).find("Authorization: key"), std::string::npos);
  EXPECT_EQ(other.requests().at(0).find("Authorization"), std::string::npos);
  EXPECT_EQ(failure(first.origin(), [](GetRequest& request) { request.redirects = Redirects::kSameOrigin; }),
            ErrorKind::kUpstream);
  EXPECT_EQ(other.requests().size(), 1u);
}

TEST_F(WebClientTest, BodyAndHeaderHaveLimits) {
  ScriptedServer& server =
      serve({{.writes = {json_response(200, std::string(2'000, 'x'))}},
             {.writes = {"HTTP/1.1 200 OK\r\n\r\n" + std::string(2'000, 'x')}},
             {.writes = {json_response(200, "", "X: " + std::string(40'000, 'x') + "\r\n")}},
             {.writes = {json_response(200, std::string(1'000, 'x'))}}});
  allow(server.origin());
  const auto small = [](GetRequest& request) { request.limits.body_bytes = 1'000; };
  EXPECT_EQ(failure(server.origin(), small), ErrorKind::kTooLarge) << "announced";
  EXPECT_EQ(failure(server.origin(), small), ErrorKind::kTooLarge) << "until the connection closes";
  EXPECT_EQ(failure(server.origin(), small), ErrorKind::kTooLarge) << "header";
  EXPECT_NE(message_.find("header"), std::string::npos);
  EXPECT_TRUE(get(server.origin(), small).has_value()) << "exactly";
}

TEST_F(WebClientTest, TheWholeCallHasOneLimitOfTime) {
  ScriptedServer& server =
      serve({{.writes = {"HTTP/1.1 200 OK\r\nContent-Le"}, .then = Script::Then::kHold}});
  allow(server.origin());
  const auto hasty = [](GetRequest& request) { request.limits.total_timeout = milliseconds{50}; };
  EXPECT_EQ(failure(server.origin(), hasty), ErrorKind::kDeadline);
}

TEST_F(WebClientTest, WhatIsNoAnswerIsAnError) {
  ScriptedServer& server = serve({{.writes = {"SSH-2.0-OpenSSH_9.2\r\n"}},
                                  {.writes = {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}},
                                  {.writes = {}}});
  allow(server.origin());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(failure(server.origin()), ErrorKind::kUpstream) << i;
  const std::string closed = server.origin();
  server.stop();
  EXPECT_EQ(failure(closed), ErrorKind::kUnavailable);
}

TEST_F(WebClientTest, HeadersThatBreakTheFramingAreNotSent) {
  ScriptedServer& server = serve({{.writes = {json_response(200, "")}}});
  allow(server.origin());
  EXPECT_EQ(failure(server.origin(),
                    [](GetRequest& request) { request.headers.emplace_back("Authorization", "a\r\nX: b"); }),
            ErrorKind::kInvalidArgument);
  EXPECT_EQ(message_.find("X: b"), std::string::npos);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebClientTest, CancellingEndsTheCallAndTheConnection) {
  ScriptedServer& server = serve({{.writes = {"HTTP/1.1 200 OK\r\n"}, .then = Script::Then::kHold}});
  allow(server.origin());
  const auto outcome = start({.url = parse_url(server.origin(), "test").value()});
  run_until([&] { return server.requests().size() == 1; });
  cancel_.emit(asio::cancellation_type::terminal);
  run_until([&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->error().kind, ErrorKind::kCancelled);
  run_until([&] { return server.closed_by_client() == 1; });
}

TEST_F(WebClientTest, CertificatesAreVerified) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("wellspring-web-" + std::to_string(::getpid()) + ".pem");
  ScriptedServer server(io_, {{.writes = {json_response(200, "over TLS")}, .then = Script::Then::kHold}},
                        file.string());
  guard_ = AddressGuard::create({"127.0.0.0/8", "::1"}).value();
  client();
  EXPECT_EQ(failure(server.origin()), ErrorKind::kUnavailable) << "a certificate that nobody signed";
  EXPECT_TRUE(server.requests().empty());
  client({.ca_file = file.string()});
  EXPECT_EQ(get(server.origin())->body, "over TLS");
  EXPECT_EQ(failure("https://127.0.0.1:" + std::to_string(server.port())), ErrorKind::kUnavailable)
      << "a certificate for another name";
  ScriptedServer& plain = serve({{.writes = {json_response(200, "")}}});
  ScriptedServer downgrade(io_, {{.writes = {redirect_to(plain.origin())}}}, file.string());
  client({.ca_file = file.string()});
  EXPECT_EQ(failure(downgrade.origin()), ErrorKind::kUpstream) << "from https to http";
  client({.ca_file = "/nonexistent.pem"});
  EXPECT_EQ(failure(server.origin()), ErrorKind::kUnavailable);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace wellspring::net
