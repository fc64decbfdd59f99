#include "llm/openai_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <random>

#include "llm/concurrency_gate.hpp"
#include "llm/openai_request.hpp"
#include "net/detail/dial.hpp"
#include "net/url.hpp"

namespace wellspring::llm {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 8'192;
constexpr std::uint32_t kHeaderBytesMax = 32u << 10;
constexpr std::size_t kErrorBodyBytesMax = 8u << 10;

using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response_parser<http::buffer_body>;

/// One try. A failure says what follows from it; `started` that text reached the reader, which rules out
/// another.
struct Attempt {
  Result<Generation> outcome;
  Retryable retryable = Retryable::kNo;
  std::optional<milliseconds> retry_after = std::nullopt;
};

Attempt give_up(Error error) {
  return {.outcome = std::move(error)};
}

/// How far a call had come when it broke, which decides what the break means.
enum class Phase {
  kConnecting,  ///< nothing sent yet
  kWaiting,     ///< sent, no text yet
  kReading,     ///< text has reached the reader
};

/// The one place where errors of sockets, TLS and HTTP framing become ours.
Attempt broken(error_code ec, std::string_view doing, Phase phase) {
  if (ec == asio::error::operation_aborted) {
    return give_up(fail(ErrorKind::kCancelled, fmt::format("chat completion: cancelled while {}", doing)));
  }
  const bool late = ec == beast::error::timeout;
  Error error =
      fail(phase == Phase::kReading ? ErrorKind::kUpstream : ErrorKind::kUnavailable,
           fmt::format("chat completion: {} failed: {}", doing, late ? "out of time" : ec.message()));
  if (late && phase != Phase::kConnecting) error.kind = ErrorKind::kDeadline;
  const bool retryable = error.kind == ErrorKind::kUnavailable;
  return {.outcome = std::move(error), .retryable = retryable ? Retryable::kYes : Retryable::kNo};
}

std::string decline_text(const HttpResponse& response, std::string_view body, const std::string& secret) {
  std::string detail = error_text(body);
  if (detail.empty())
    detail = fmt::format("{} bytes of {}", body.size(),
                         std::string_view(response.get()[http::field::content_type]));
  if (!secret.empty() && detail.find(secret) != std::string::npos)
    detail = "(withheld: it quotes the API key)";
  return detail;
}

}  // namespace

struct OpenAiModel::State {
  State(OpenAiOptions with, net::Url at, const Clock& time)
      : options(std::move(with)),
        url(std::move(at)),
        clock(time),
        gate(options.calls_max, options.waiting_max) {}

  asio::awaitable<Result<Generation>> generate(std::string body, Deadline deadline, TextSink sink);
  asio::awaitable<Attempt> attempt(const std::string& body, SteadyTime end, const TextSink& sink,
                                   ChatStream& answer);
  template <class Stream>
  asio::awaitable<Attempt> exchange(Stream& stream, const std::string& body, SteadyTime end,
                                    const TextSink& sink, ChatStream& answer);
  template <class Stream>
  asio::awaitable<Attempt> declined(Stream& stream, beast::flat_buffer& buffer, HttpResponse& response);
  template <class Stream>
  asio::awaitable<Attempt> read_answer(Stream& stream, beast::flat_buffer& buffer, HttpResponse& response,
                                       SteadyTime first_token_by, SteadyTime end, const TextSink& sink,
                                       ChatStream& answer);
  HttpRequest request(const std::string& body) const;

  OpenAiOptions options;
  net::Url url;
  const Clock& clock;
  ssl::context tls{ssl::context::tls_client};
  ConcurrencyGate gate;
  std::minstd_rand jitter{std::random_device{}()};
};

HttpRequest OpenAiModel::State::request(const std::string& body) const {
  HttpRequest request(http::verb::post, url.path + "/chat/completions", 11);
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "wellspring");
  request.set(http::field::accept, "text/event-stream");
  request.set(http::field::content_type, "application/json");
  request.set(http::field::connection, "close");
  if (!options.api_key.empty()) request.set(http::field::authorization, "Bearer " + options.api_key);
  request.body() = body;
  request.prepare_payload();
  return request;
}

asio::awaitable<Result<Generation>> OpenAiModel::State::generate(std::string body, Deadline deadline,
                                                                 TextSink sink) {
  const SteadyTime end = std::min(deadline.at(), clock.steady() + options.total_timeout);
  const auto permit = co_await gate.acquire(Deadline(end));
  if (permit.has_error()) co_return permit.error();
  for (int made = 1;; ++made) {
    ChatStream answer(options.stream);
    Attempt tried = co_await attempt(body, end, sink, answer);
    if (tried.outcome.has_value() || answer.has_text()) co_return tried.outcome;
    const double spread = std::uniform_real_distribution<>()(jitter);
    const auto delay =
        retry_delay(options.retries, made, {tried.outcome.error(), tried.retryable, tried.retry_after},
                    Deadline(end).left(clock.steady()), spread);
    if (!delay) co_return tried.outcome;
    asio::steady_timer timer(co_await asio::this_coro::executor, *delay);
    const auto [cancelled] = co_await timer.async_wait(kAwait);
    if (cancelled)
      co_return fail(ErrorKind::kCancelled, "chat completion: cancelled while waiting to try again");
  }
}

asio::awaitable<Attempt> OpenAiModel::State::attempt(const std::string& body, SteadyTime end,
                                                     const TextSink& sink, ChatStream& answer) {
  const SteadyTime connect_by = std::min(end, clock.steady() + options.connect_timeout);
  const auto [unresolved, endpoints] =
      co_await net::detail::resolve(url.host, std::to_string(url.port), connect_by);
  if (unresolved) co_return broken(unresolved, "looking up the host", Phase::kConnecting);
  beast::tcp_stream socket(co_await asio::this_coro::executor);
  socket.expires_at(connect_by);
  const auto [refused, endpoint] = co_await socket.async_connect(endpoints, kAwait);
  if (refused) co_return broken(refused, "connecting", Phase::kConnecting);
  error_code ignored;  // without TCP_NODELAY it is slower, not wrong
  socket.socket().set_option(tcp::no_delay(true), ignored);
  if (!url.tls) co_return co_await exchange(socket, body, end, sink, answer);

  net::detail::TlsStream secured(std::move(socket), tls);
  if (const auto named = net::detail::expect_host(secured, url.host); named.has_error()) {
    co_return give_up(
        fail(ErrorKind::kInvalidArgument, "chat completion: the host name is not usable with TLS"));
  }
  const auto [untrusted] = co_await secured.async_handshake(ssl::stream_base::client, kAwait);
  if (untrusted) co_return broken(untrusted, "the TLS handshake", Phase::kConnecting);
  co_return co_await exchange(secured, body, end, sink, answer);
}

template <class Stream>
asio::awaitable<Attempt> OpenAiModel::State::exchange(Stream& stream, const std::string& body, SteadyTime end,
                                                      const TextSink& sink, ChatStream& answer) {
  const SteadyTime first_token_by = std::min(end, clock.steady() + options.first_token_timeout);
  beast::get_lowest_layer(stream).expires_at(first_token_by);
  HttpRequest sent = request(body);
  const auto [unsent, written] = co_await http::async_write(stream, sent, kAwait);
  if (unsent) co_return broken(unsent, "sending the request", Phase::kWaiting);

  beast::flat_buffer buffer(kHeaderBytesMax + kReadBytes);
  HttpResponse response;
  response.header_limit(kHeaderBytesMax);
  response.body_limit(boost::none);
  const auto [unanswered, received] = co_await http::async_read_header(stream, buffer, response, kAwait);
  if (unanswered) co_return broken(unanswered, "waiting for the answer", Phase::kWaiting);
  if (response.get().result() != http::status::ok) co_return co_await declined(stream, buffer, response);
  co_return co_await read_answer(stream, buffer, response, first_token_by, end, sink, answer);
}

template <class Stream>
asio::awaitable<Attempt> OpenAiModel::State::declined(Stream& stream, beast::flat_buffer& buffer,
                                                      HttpResponse& response) {
  std::array<char, kErrorBodyBytesMax> body;
  response.get().body() = {.data = body.data(), .size = body.size(), .more = true};
  error_code ec;
  while (!ec && !response.is_done())
    ec = std::get<0>(co_await http::async_read_some(stream, buffer, response, kAwait));
  if (ec == asio::error::operation_aborted) co_return broken(ec, "reading a refusal", Phase::kWaiting);
  // However much of the body came, the status says what follows.
  const std::size_t length = body.size() - response.get().body().size;
  const AttemptFailure failure =
      classify_status(static_cast<int>(response.get().result_int()),
                      std::string_view(response.get()[http::field::retry_after]),
                      decline_text(response, {body.data(), length}, options.api_key), clock.wall());
  co_return Attempt{
      .outcome = failure.error, .retryable = failure.retryable, .retry_after = failure.retry_after};
}

template <class Stream>
asio::awaitable<Attempt> OpenAiModel::State::read_answer(Stream& stream, beast::flat_buffer& buffer,
                                                         HttpResponse& response, SteadyTime first_token_by,
                                                         SteadyTime end, const TextSink& sink,
                                                         ChatStream& answer) {
  std::array<char, kReadBytes> chunk;
  SteadyTime next_text_by = first_token_by;
  while (!answer.done() && !response.is_done()) {
    response.get().body() = {.data = chunk.data(), .size = chunk.size(), .more = true};
    beast::get_lowest_layer(stream).expires_at(next_text_by);
    const auto [ec, received] = co_await http::async_read_some(stream, buffer, response, kAwait);
    if (ec && ec != http::error::need_buffer) {
      co_return broken(ec, "reading the answer", answer.has_text() ? Phase::kReading : Phase::kWaiting);
    }
    auto text = answer.feed({chunk.data(), chunk.size() - response.get().body().size});
    if (text.has_error()) co_return give_up(text.error());
    if (text->empty()) continue;
    const auto taken = co_await sink(std::move(*text));
    if (taken.has_error()) co_return give_up(taken.error());
    next_text_by = std::min(end, clock.steady() + options.idle_timeout);
  }
  auto rest = answer.finish();
  if (rest.has_error()) co_return give_up(rest.error());
  if (!rest->empty()) {
    const auto taken = co_await sink(std::move(*rest));
    if (taken.has_error()) co_return give_up(taken.error());
  }
  co_return Attempt{.outcome = answer.usage()};
}

OpenAiModel::OpenAiModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpenAiModel::~OpenAiModel() = default;

Result<std::unique_ptr<OpenAiModel>> OpenAiModel::create(OpenAiOptions options, const Clock& clock) {
  auto url = net::parse_base_url(options.base_url, "LLM base URL");
  if (url.has_error()) return url.error();
  if (options.model.empty()) return fail(ErrorKind::kInvalidArgument, "LLM: no model is named; set its name");
  const auto printable = [](char c) { return c > ' ' && c < '\x7F'; };
  if (!std::all_of(options.api_key.begin(), options.api_key.end(), printable)) {
    return fail(ErrorKind::kInvalidArgument,
                "LLM: the API key holds blanks or control characters; set it again");
  }
  auto state = std::make_unique<State>(std::move(options), std::move(*url), clock);
  if (state->url.tls || !state->options.ca_file.empty()) {
    if (auto trusted = net::detail::trust(state->tls, state->options.ca_file); trusted.has_error()) {
      trusted.error().message = "LLM: " + trusted.error().message;
      return trusted.error();
    }
  }
  return std::unique_ptr<OpenAiModel>(new OpenAiModel(std::move(state)));
}

asio::awaitable<Result<Generation>> OpenAiModel::generate(ChatRequest request, Deadline deadline,
                                                          TextSink sink) {
  try {
    co_return co_await state_->generate(completion_body(state_->options, request.messages), deadline,
                                        std::move(sink));
  } catch (const boost::system::system_error& thrown) {
    // Awaiting after a cancellation throws; nothing else here reports by exception.
    if (thrown.code() != asio::error::operation_aborted) throw;
  }
  co_return fail(ErrorKind::kCancelled, "chat completion: cancelled");
}

const std::string& OpenAiModel::name() const {
  return state_->options.model;
}

}  // namespace wellspring::llm
