#pragma once

#include "http/routes/routes.hpp"

#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <array>
#include <atomic>

#include "embed/hashing_embedder.hpp"
#include "http/server_fixture.hpp"
#include "rag/ingestor.hpp"
#include "runtime/thread_lane.hpp"
#include "store/memory_questions.hpp"
#include "store/memory_sources.hpp"
#include "store/memory_store.hpp"
#include "text/analyzer.hpp"

namespace wellspring::http::testing {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

inline constexpr const char* kQuestion = R"({"query":"When are the harbour lamps lit?"})";

/// Says `pieces`, then hangs until cancelled, fails, or ends.
class StubModel final : public llm::ChatModel {
 public:
  enum class Then { kEnd, kHang, kFail, kThrow };

  asio::awaitable<Result<llm::Generation>> generate(llm::ChatRequest, Deadline, llm::TextSink sink) override {
    for (const std::string& piece : pieces) {
      if (const auto written = co_await sink(piece); !written) co_return written.error();
    }
    if (then == Then::kFail) co_return fail(ErrorKind::kUpstream, "model at 10.0.0.1 answered 500");
    if (then == Then::kThrow) throw std::runtime_error("broken model");
    if (then == Then::kHang) {
      ++hanging;
      asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
      boost::system::error_code woken;
      co_await never.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      ++cancelled;
      co_return fail(ErrorKind::kCancelled, "model call cancelled");
    }
    co_return llm::Generation{1, 2};
  }
  const std::string& name() const override { return name_; }

  std::vector<std::string> pieces{"The lamps are lit ", "at dusk [1]."};
  Then then = Then::kEnd;
  std::atomic<int> hanging = 0;
  std::atomic<int> cancelled = 0;

 private:
  const std::string name_ = "stub";
};

inline constexpr std::array<StaticFile, 4> kPage{
    {{"app.js", "text/javascript; charset=utf-8", "let a;", "\"e1\""},
     {"docs.html", "text/html; charset=utf-8", "<html lang>", "\"e3\""},
     {"index.html", "text/html; charset=utf-8", "<html>", "\"e2\""},
     {"openapi.json", "application/json", "{}", "\"e4\""}}};

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() : RoutesTest(RequestLimitOptions{}) {}
  explicit RoutesTest(const RequestLimitOptions& limits)
      : limits_(limits), server_([this](TestServer& server) { return build(server); }) {
    model::Article article;
    article.key.id = ArticleId("lamps");
    article.title = "Harbour lamps";
    article.markdown = "## Lighting\n\nThe harbour lamps are lit at dusk by the keeper.";
    article.updated_at = parse_timestamp("2025-01-01T00:00:00Z");
    EXPECT_TRUE(ingestor_->publish(article).has_value());
  }
  ~RoutesTest() override { server_.drain(0ms); }

  Router build(TestServer& server) {
    ingestor_ = std::make_unique<rag::Ingestor>(embedder_, articles_, index_, clock_, server.metrics());
    retriever_ = std::make_unique<rag::Retriever>(embedder_, index_, index::SearchOptions{},
                                                  server.executors(), server.metrics());
    answerer_ = std::make_unique<rag::Answerer>(*retriever_, model_, rag::AnswererOptions{}, clock_,
                                                server.metrics());
    intake_ = std::make_unique<sync::Intake>(journal_, server.executors(), clock_, server.metrics(),
                                             sync::IntakeOptions{});
    lane_ = std::make_unique<runtime::ThreadLane>(server.executors().blocking());
    question_log_ =
        std::make_unique<rag::QuestionLog>(questions_, *lane_, server.executors(), clock_, server.log(),
                                           server.metrics(), rag::QuestionLogOptions{});
    request_limits_ = std::make_unique<RequestLimits>(limits_, clock_, server.metrics(), server.log());
    services_.reset(new Services{
        *retriever_, *answerer_, *intake_, articles_, journal_, sources_, questions_, *question_log_, *lane_,
        *lane_, [this] { return pools_; }, [this] { return index_.snapshot(); },
        [this] {
          return Readiness{ready_, ready_ ? "" : "the index is being loaded"};
        },
        [this] { ++woken_; }, server.executors(), server.metrics(), server.log(), clock_, *request_limits_});
    return product_routes(*services_, kPage);
  }

  /// Status and parsed body.
  std::pair<int, json::value> ask(const std::string& request) {
    const std::string answer = server_.exchange(request);
    json::error_code failed;
    return {std::stoi(answer.substr(9, 3)), json::parse(answer.substr(answer.find("\r\n\r\n") + 4), failed)};
  }
  std::string stream(const std::string& body) {
    RawClient client(server_.port());
    client.send(post("/api/v1/chat/stream", body));
    return client.read_until("\r\n0\r\n\r\n");
  }
  static std::vector<std::string> statuses(const std::string& text) {
    std::vector<std::string> found;
    for (std::size_t at = 0; (at = text.find("data: {\"status\":\"", at)) != std::string::npos;) {
      at += 17;
      found.push_back(text.substr(at, text.find('"', at) - at));
    }
    return found;
  }

  const RequestLimitOptions limits_;
  SystemClock clock_;
  embed::HashingEmbedder embedder_;
  store::MemoryArticles articles_;
  store::MemoryJournal journal_;
  store::MemorySources sources_;
  store::MemoryQuestions questions_;
  index::Index index_{{}, text::analyze};
  StubModel model_;
  mongo::PoolsReport pools_;
  std::atomic<bool> ready_ = true;
  std::atomic<int> woken_ = 0;
  std::unique_ptr<rag::Ingestor> ingestor_;
  std::unique_ptr<rag::Retriever> retriever_;
  std::unique_ptr<rag::Answerer> answerer_;
  std::unique_ptr<sync::Intake> intake_;
  std::unique_ptr<runtime::ThreadLane> lane_;
  std::unique_ptr<rag::QuestionLog> question_log_;
  std::unique_ptr<RequestLimits> request_limits_;
  std::unique_ptr<Services> services_;
  TestServer server_;
};

}  // namespace wellspring::http::testing
