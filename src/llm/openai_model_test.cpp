#include "llm/openai_model.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <optional>

#include "llm/concurrency_gate.hpp"
#include "llm/openai_request.hpp"
#include "llm/scripted_llm.hpp"

namespace wellspring::llm {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kLimit{10'000};  // a hung test ends here

/// A call in progress: what reached the reader and how it ended.
struct Call {
  std::string text;
  std::vector<std::string> pieces;
  std::optional<Result<Generation>> outcome;
  asio::cancellation_signal cancel;
  std::function<Result<void>()> on_piece = [] { return Result<void>(); };
};

class OpenAiModelTest : public testing::Test {
 protected:
  void serve(std::vector<Script> scripts) { server_.emplace(io_, std::move(scripts)); }

  OpenAiModel& model(std::function<void(OpenAiOptions&)> adjust = {}) {
    OpenAiOptions options{.base_url = server_->base_url(), .api_key = "sk-secret", .model = "test-model"};
    options.retries = {.attempts = 3, .backoff_first = milliseconds{1}, .backoff_max = milliseconds{2}};
    if (adjust) adjust(options);
    model_ = OpenAiModel::create(options, clock_).value();
    return *model_;
  }

  void start(Call& call) {
    const ChatRequest request{.question = "q",
                              .passages = {},
                              .messages = {{MessageRole::kSystem, "be brief"}, {MessageRole::kUser, "q"}}};
    TextSink sink = [&call](std::string piece) -> asio::awaitable<Result<void>> {
      call.text += piece;
      call.pieces.push_back(std::move(piece));
      co_return call.on_piece();
    };
    asio::co_spawn(io_, model_->generate(request, Deadline::after(clock_, kLimit), std::move(sink)),
                   asio::bind_cancellation_slot(
                       call.cancel.slot(), [&call](std::exception_ptr thrown, Result<Generation> outcome) {
                         EXPECT_EQ(thrown, nullptr);
                         call.outcome = std::move(outcome);
                       }));
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

  Call& run() {
    start(call_);
    run_until([this] { return call_.outcome.has_value(); });
    return call_;
  }

  ErrorKind failure() {
    run();
    EXPECT_TRUE(call_.outcome->has_error());
    return call_.outcome->has_error() ? call_.outcome->error().kind : ErrorKind::kBug;
  }

  SystemClock clock_;
  asio::io_context io_{1};
  std::optional<ScriptedLlm> server_;
  std::unique_ptr<OpenAiModel> model_;
  Call call_;
};

TEST_F(OpenAiModelTest, StreamsTextAsItComes) {
  serve({{.writes = {answer_response({"Publish ", "is atomic [1]."})}}});
  model();
  const Call& call = run();
  EXPECT_EQ(call.text, "Publish is atomic [1].");
  EXPECT_EQ(call.outcome->value().input_tokens, 11U);
  EXPECT_EQ(call.outcome->value().output_tokens, 7U);
  const std::string& request = server_->requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("Authorization: Bearer sk-secret\r\n"), std::string::npos);
  EXPECT_NE(request.find(R"({"role":"system","content":"be brief"})"), std::string::npos);
}

TEST_F(OpenAiModelTest, APieceReachesTheReaderBeforeTheNextIsSent) {
  serve({{.writes = {stream_head() + text_event("first")}, .then = Script::Then::kHold}});
  model();
  start(call_);
  run_until([this] { return call_.text == "first"; });
  EXPECT_FALSE(call_.outcome.has_value());
}

TEST_F(OpenAiModelTest, AnAnswerSplitAtEveryByteIsTheSameAnswer) {
  serve({{.writes = split_every_byte(answer_response({"caf\xC3\xA9 ", "\xF0\x9F\x9A\x80"}))}});
  model();
  EXPECT_EQ(run().text, "caf\xC3\xA9 \xF0\x9F\x9A\x80");
}

TEST_F(OpenAiModelTest, ReadsChunkedBodies) {
  std::string response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& part : {text_event("a"), text_event("b"), finish_event()}) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    response += size + part + "\r\n";
  }
  serve({{.writes = split_every_byte(response + "0\r\n\r\n"), .then = Script::Then::kHold}});
  model();
  EXPECT_EQ(run().text, "ab");
}

TEST_F(OpenAiModelTest, TriesAgainAfter429And5xxAndAfterABrokenConnection) {
  serve({{.writes = {json_response(429, R"({"error":{"message":"slow down"}})", "Retry-After: 0\r\n")}},
         {.writes = {}},
         {.writes = {answer_response({"at last"})}}});
  model();
  EXPECT_EQ(run().text, "at last");
  EXPECT_EQ(server_->requests().size(), 3U);
}

TEST_F(OpenAiModelTest, GivesUpWhenTheProviderAsksForMoreTimeThanThereIs) {
  serve({{.writes = {json_response(429, "{}", "Retry-After: 3600\r\n")}}});
  model();
  EXPECT_EQ(failure(), ErrorKind::kOverloaded);
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAiModelTest, GivesUpAfterItsAttempts) {
  serve({{.writes = {json_response(503, "busy")}}});
  model();
  EXPECT_EQ(failure(), ErrorKind::kUnavailable);
  EXPECT_EQ(server_->requests().size(), 3U);
}

TEST_F(OpenAiModelTest, AFinalRefusalIsNotRepeatedAndHoldsNoSecret) {
  serve({{.writes = {json_response(400, R"({"error":{"message":"you sent sk-secret"}})")}}});
  model();
  EXPECT_EQ(failure(), ErrorKind::kUpstream);
  EXPECT_EQ(server_->requests().size(), 1U);
  EXPECT_EQ(call_.outcome->error().message.find("sk-secret"), std::string::npos);
}

TEST_F(OpenAiModelTest, NobodyListeningIsUnavailable) {
  serve({{}});
  model();
  server_->stop();
  EXPECT_EQ(failure(), ErrorKind::kUnavailable);
}

TEST_F(OpenAiModelTest, AnAnswerCutAfterTextIsNotRepeated) {
  serve({{.writes = {stream_head() + text_event("half")}}});
  model();
  EXPECT_EQ(failure(), ErrorKind::kUpstream);
  EXPECT_EQ(call_.text, "half");
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAiModelTest, GarbageIsAnUpstreamError) {
  for (const std::string& garbage :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), stream_head() + "data: {]\n\n",
        stream_head() + "data: " + std::string(300'000, 'x'),
        stream_head() + "data: {\"error\":{\"message\":\"overheated\"}}\n\n"}) {
    serve({{.writes = {garbage}}});
    model();
    call_.outcome.reset();
    EXPECT_EQ(failure(), ErrorKind::kUpstream);
  }
}

TEST_F(OpenAiModelTest, AHeaderWithoutEndIsRefused) {
  serve({{.writes = {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')}}});
  model([](OpenAiOptions& options) { options.retries.attempts = 1; });
  EXPECT_EQ(failure(), ErrorKind::kUnavailable);
}

TEST_F(OpenAiModelTest, SilenceBeforeTheFirstTokenEndsInTime) {
  serve({{.writes = {stream_head() + ": still thinking\n\n"}, .then = Script::Then::kHold}});
  model([](OpenAiOptions& options) { options.first_token_timeout = milliseconds{30}; });
  EXPECT_EQ(failure(), ErrorKind::kDeadline);
  EXPECT_EQ(server_->requests().size(), 1U);
  run_until([this] { return server_->closed_by_client() == 1; });
}

TEST_F(OpenAiModelTest, SilenceBetweenTokensEndsInTime) {
  serve({{.writes = {stream_head() + text_event("one")}, .then = Script::Then::kHold}});
  model([](OpenAiOptions& options) { options.idle_timeout = milliseconds{30}; });
  EXPECT_EQ(failure(), ErrorKind::kDeadline);
  EXPECT_EQ(call_.text, "one");
}

TEST_F(OpenAiModelTest, AnEndlessAnswerEndsAtItsLimit) {
  serve({{.writes = std::vector<std::string>(10'000, stream_head() + text_event("more "))}});
  model([](OpenAiOptions& options) { options.stream.answer_bytes = 500; });
  EXPECT_EQ(failure(), ErrorKind::kUpstream);
  EXPECT_LE(call_.text.size(), 500U);
  run_until([this] { return server_->closed_by_client() == 1; });
}

TEST_F(OpenAiModelTest, TheTotalTimeBoundsACallThatKeepsTalking) {
  serve({{.writes = {stream_head() + text_event("a")}, .then = Script::Then::kHold}});
  model([](OpenAiOptions& options) { options.total_timeout = milliseconds{50}; });
  EXPECT_EQ(failure(), ErrorKind::kDeadline);
}

TEST_F(OpenAiModelTest, CancellingClosesTheConnectionAtOnce) {
  for (const std::string& before : {std::string(), stream_head(), stream_head() + text_event("so")}) {
    serve({{.writes = {before}, .then = Script::Then::kHold}});
    model();
    Call call;
    start(call);
    run_until([&] {
      return server_->requests().size() == 1 && (call.text == "so" || before.size() <= stream_head().size());
    });
    call.cancel.emit(asio::cancellation_type::terminal);
    run_until([&] { return call.outcome.has_value() && server_->closed_by_client() == 1; });
    EXPECT_EQ(call.outcome->error().kind, ErrorKind::kCancelled);
  }
}

TEST_F(OpenAiModelTest, AReaderThatGoesAwayEndsTheCall) {
  serve({{.writes = {stream_head() + text_event("so")}, .then = Script::Then::kHold}});
  model();
  call_.on_piece = [] { return Result<void>(fail(ErrorKind::kCancelled, "gone")); };
  EXPECT_EQ(failure(), ErrorKind::kCancelled);
  run_until([this] { return server_->closed_by_client() == 1; });
}

TEST_F(OpenAiModelTest, CallsOverTheBoundWaitAndThenAreRefused) {
  serve({{.writes = {stream_head() + text_event("held")}, .then = Script::Then::kHold},
         {.writes = {answer_response({"next"})}}});
  model([](OpenAiOptions& options) { options.calls_max = options.waiting_max = 1; });
  Call first, second, third;
  start(first);
  run_until([&] { return first.text == "held"; });
  start(second);
  start(third);
  run_until([&] { return third.outcome.has_value(); });
  EXPECT_EQ(third.outcome->error().kind, ErrorKind::kOverloaded);
  EXPECT_FALSE(second.outcome.has_value());
  first.cancel.emit(asio::cancellation_type::terminal);
  run_until([&] { return second.outcome.has_value(); });
  EXPECT_EQ(second.text, "next");
}

TEST_F(OpenAiModelTest, TlsIsVerified) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("wellspring-" + std::to_string(::getpid()) + ".pem");
  server_.emplace(
      io_, std::vector<Script>{{.writes = {answer_response({"over TLS"})}, .then = Script::Then::kHold}},
      file.string());
  model([](OpenAiOptions& options) { options.retries.attempts = 1; });
  EXPECT_EQ(failure(), ErrorKind::kUnavailable) << "a certificate that nobody signed";
  EXPECT_TRUE(server_->requests().empty());

  model([&](OpenAiOptions& options) { options.ca_file = file.string(); });
  Call trusted;
  start(trusted);
  run_until([&] { return trusted.outcome.has_value(); });
  EXPECT_EQ(trusted.text, "over TLS");

  model([&](OpenAiOptions& options) {
    options.ca_file = file.string();
    options.base_url = "https://127.0.0.1:" + std::to_string(server_->port()) + "/v1";
    options.retries.attempts = 1;
  });
  Call misnamed;
  start(misnamed);
  run_until([&] { return misnamed.outcome.has_value(); });
  EXPECT_TRUE(misnamed.outcome->has_error()) << "a certificate for another name";
  std::filesystem::remove(file);
}

TEST(OpenAiModelCreate, RefusesOptionsThatCannotWork) {
  const SystemClock clock;
  EXPECT_EQ(OpenAiModel::create({.base_url = "nowhere", .model = "m"}, clock).error().kind,
            ErrorKind::kInvalidArgument);
  EXPECT_EQ(OpenAiModel::create({.model = ""}, clock).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(OpenAiModel::create({.api_key = "a\r\nX: b", .model = "m"}, clock).error().kind,
            ErrorKind::kInvalidArgument);
  EXPECT_EQ(OpenAiModel::create({.model = "m", .ca_file = "/nonexistent.pem"}, clock).error().kind,
            ErrorKind::kUnavailable);
}

TEST(CompletionBody, HoldsWhatTheProtocolAsksFor) {
  OpenAiOptions options{.model = "m"};
  options.temperature = std::nullopt;
  options.max_tokens_member = "max_completion_tokens";
  const std::string body = completion_body(options, {{MessageRole::kAssistant, "a \"b\""}});
  EXPECT_EQ(body, R"({"model":"m","messages":[{"role":"assistant","content":"a \"b\""}],"stream":true,)"
                  R"("stream_options":{"include_usage":true},"max_completion_tokens":1024})");
}

}  // namespace
}  // namespace wellspring::llm
