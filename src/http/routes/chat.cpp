#include <boost/json.hpp>

#include <optional>

#include "http/routes/routes.hpp"
#include "http/wire/chat.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

enum class Logging { kUsual, kOptedOut };

/// Gathers an answer that is sent in one piece.
class CollectedAnswer final : public rag::AnswerSink {
 public:
  asio::awaitable<Result<void>> sources(std::vector<model::Hit> hits) override {
    sources_ = wire::sources_json(hits);
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> text(std::string piece) override {
    text_ += piece;
    co_return Result<void>{};
  }
  /// Once.
  json::object body(const rag::AnswerSummary& summary) {
    json::object members;
    members.emplace("answer", std::move(text_));
    members.emplace("sources", std::move(sources_));
    if (const char* why = wire::degradation(summary)) members["degraded"] = why;
    return members;
  }

 private:
  json::array sources_;
  std::string text_;
};

/// Passes an answer on as events.
class StreamedAnswer final : public rag::AnswerSink {
 public:
  explicit StreamedAnswer(BodyWriter& out) : out_(out) {}
  asio::awaitable<Result<void>> sources(std::vector<model::Hit> hits) override {
    return out_.write(wire::sources_event(hits));
  }
  asio::awaitable<Result<void>> text(std::string piece) override {
    return out_.write(wire::text_event(piece));
  }

 private:
  BodyWriter& out_;
};

/// Counts the question, and begins its entry in the log unless the operator or the reader wants none.
void record_asked(const Services& services, const rag::Question& question, Logging logging,
                  std::optional<rag::AskedQuestion>& asked) {
  const char* const endpoint = question.delivery == rag::Delivery::kWhole ? "chat" : "stream";
  services.metrics.count("user_questions_total", {{"endpoint_type", endpoint}});
  if (!services.log_questions) return;
  if (logging == Logging::kOptedOut) {
    services.metrics.count("wellspring_questions_logged_total", {{"outcome", "opted_out"}});
    return;
  }
  asked.emplace(services.question_log, question);
}

Logging logging_of(const Services& services, const Request& request) {
  const bool opted_out = request.header("DNT") == "1" || request.header("Sec-GPC") == "1";
  return services.honour_opt_out && opted_out ? Logging::kOptedOut : Logging::kUsual;
}

std::optional<model::QuestionId> finish(std::optional<rag::AskedQuestion>& asked,
                                        const rag::AnswerSummary& summary) {
  return asked ? asked->finish(summary) : std::nullopt;
}

asio::awaitable<Response> chat(const Services& services, const Request& request) {
  auto question = wire::parse_question(request.body, reader_locale(services, request));
  if (!question) co_return wire::validation_response(question.error().list);
  if (auto refused = services.request_limits.refuse_question(request, "chat")) co_return std::move(*refused);
  question->delivery = rag::Delivery::kWhole;
  std::optional<rag::AskedQuestion> asked;
  record_asked(services, *question, logging_of(services, request), asked);
  CollectedAnswer answer;
  const Deadline deadline = Deadline::after(services.clock, services.answer_timeout);
  const auto summary = co_await services.answerer.answer(std::move(*question), deadline, answer);
  if (!summary) co_return wire::error_response(summary.error());
  json::object body = answer.body(*summary);
  if (const auto id = finish(asked, *summary)) body["question_id"] = id->value();
  co_return wire::json_response(200, body);
}

asio::awaitable<Result<void>> write_answer(const Services& services, rag::Question question, Logging logging,
                                           BodyWriter& out) {
  std::optional<rag::AskedQuestion> asked;
  record_asked(services, question, logging, asked);
  const rag::SpendLevel level = services.spend == nullptr ? rag::SpendLevel::kOk : services.spend->level();
  if (level != rag::SpendLevel::kOk) {
    if (auto written = co_await out.write(wire::usage_event(level)); !written) co_return written;
  }
  if (auto written = co_await out.write(wire::thinking_event()); !written) co_return written;
  StreamedAnswer answer(out);
  const Deadline deadline = Deadline::after(services.clock, services.answer_timeout);
  const auto summary = co_await services.answerer.answer(std::move(question), deadline, answer);
  if (!summary) co_return summary.error();
  std::string complete = wire::complete_event(*summary, finish(asked, *summary));
  co_return co_await out.write(std::move(complete));
}

asio::awaitable<Response> chat_stream(const Services& services, const Request& request) {
  auto question = wire::parse_question(request.body, reader_locale(services, request));
  if (!question) co_return wire::validation_response(question.error().list);
  if (auto refused = services.request_limits.refuse_question(request, "chat_stream"))
    co_return std::move(*refused);
  question->delivery = rag::Delivery::kStream;
  Response response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.headers = {{"Cache-Control", "no-cache"},
                      {"Access-Control-Allow-Origin", "*"},
                      {"Access-Control-Allow-Headers", "Cache-Control"}};
  response.stream = std::make_unique<Stream>();
  response.stream->produce = [&services, question = std::move(*question),
                              logging = logging_of(services, request)](BodyWriter& out) {
    return write_answer(services, question, logging, out);
  };
  response.stream->heartbeat = ": ping\n\n";
  response.stream->last_words = wire::error_event;
  co_return response;
}

asio::awaitable<Response> chat_options(const Services&, const Request&) {
  co_return wire::json_response(200, json::object{{"status", "ok"}});
}

}  // namespace

void add_chat(Router& router, const Services& services) {
  // An answer may wait for a language model: it takes the place of a stream, so that searches and webhooks
  // keep theirs.
  const RouteOptions options{.body_bytes_max = limits::kChatBodyBytes,
                             .admission = Admission::kStream,
                             .cancel_on_disconnect = true};
  router.add({Method::kPost, "/api/v1/chat", when_ready(services, chat), options});
  router.add({Method::kOptions, "/api/v1/chat", with(services, chat_options), {}});
  router.add({Method::kPost, "/api/v1/chat/stream", when_ready(services, chat_stream), options});
}

}  // namespace wellspring::http::routes
