#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <utility>

#include "http/response_head.hpp"
#include "http/session.hpp"

namespace wellspring::http {
namespace {

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator||;
using asio::experimental::awaitable_operators::operator&&;

constexpr std::size_t kOneWriteBytes = 64u << 10;
// Contract 1.0: after a refusal the rest of the body is discarded, so that the client can read the answer.
constexpr std::chrono::milliseconds kDiscardTime{1'000};
constexpr std::size_t kDiscardBytes = 64u << 20;

constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string as_chunk(const std::string& bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace

std::string Session::head_of(const Response& response) const {
  HeadOptions options;
  if (response.stream) options.framing = reader_.http_1_0() ? Framing::kUntilClose : Framing::kChunked;
  options.persistence = keep_alive_ ? Persistence::kKeepAlive : Persistence::kClose;
  options.request_id = reader_.request().id;
  options.date = context_->date;
  options.security_headers = !preflight_;
  options.strict_transport = context_->options.strict_transport;
  std::string head;
  head.reserve(1'024 + std::min(response.body.size(), kOneWriteBytes));
  append_head(head, response, options);
  return head;
}

asio::awaitable<bool> Session::send(Response response) {
  const Request& request = reader_.request();
  if (!preflight_) context_->cors.decorate(request, response);
  if (response.stream) co_return co_await send_stream(std::move(response));
  std::string head = head_of(response);
  record(response);
  if (request.method == Method::kHead) co_return co_await write(head);
  if (response.body.size() <= kOneWriteBytes) {
    head += response.body;
    co_return co_await write(head);
  }
  if (!co_await write(head)) co_return false;
  co_return co_await write(response.body);
}

asio::awaitable<bool> Session::send_stream(Response response) {
  if (reader_.http_1_0()) keep_alive_ = false;
  const std::string head = head_of(response);
  record(response);
  if (!co_await write(head)) co_return false;
  StreamBuffer buffer(socket_.get_executor(), context_->options.stream_buffer_bytes);
  co_await (pump(buffer, *response.stream) && supervise(buffer, *response.stream));
  if (context_->draining) keep_alive_ = false;
  co_return !buffer.broken();
}

/// Carries the stream's bytes to the socket.
asio::awaitable<void> Session::pump(StreamBuffer& buffer, const Stream& stream) {
  const bool chunked = !reader_.http_1_0();
  for (;;) {
    std::optional<std::string> bytes = co_await buffer.take(context_->options.heartbeat_interval);
    if (!bytes) break;
    if (bytes->empty()) *bytes = stream.heartbeat;
    if (bytes->empty()) continue;
    if (chunked) *bytes = as_chunk(*bytes);
    const bool written = co_await write(*bytes);
    if (!written) buffer.break_off();
  }
  if (buffer.broken() || !chunked) co_return;
  const bool ended = co_await write(kLastChunk);
  if (!ended) buffer.break_off();
}

/// Runs the producer until it is done, the reader goes away or the server cuts it short, and says how the
/// stream ends.
asio::awaitable<void> Session::supervise(StreamBuffer& buffer, const Stream& stream) {
  const auto first = co_await (produce(buffer, stream) || watch_peer() || wait_for_cut());
  if (first.index() == 1) {
    buffer.break_off();
    close();
    co_return;
  }
  Result<void> outcome = fail(ErrorKind::kCancelled, "stream cut short as the server stops");
  if (first.index() == 0) outcome = std::get<0>(first);
  conclude(buffer, stream, outcome);
}

void Session::conclude(StreamBuffer& buffer, const Stream& stream, const Result<void>& outcome) {
  if (outcome) return buffer.finish({});
  const std::string kind(info(outcome.error().kind).name);
  context_->metrics.count("wellspring_errors_total", {{"kind", kind}});
  context_->log.warning("http", outcome.error().message,
                        {{"request_id", reader_.request().id}, {"kind", kind}});
  buffer.finish(stream.last_words ? stream.last_words(outcome.error()) : std::string());
}

/// The last resort for exceptions of producers.
asio::awaitable<Result<void>> Session::produce(StreamBuffer& buffer, const Stream& stream) {
  try {
    co_return co_await stream.produce(buffer);
  } catch (const boost::system::system_error& thrown) {
    if (thrown.code() == asio::error::operation_aborted)
      co_return fail(ErrorKind::kCancelled, "stream cancelled");
    co_return fail(ErrorKind::kBug, fmt::format("stream threw: {}", thrown.what()));
  } catch (const std::exception& thrown) {
    co_return fail(ErrorKind::kBug, fmt::format("stream threw: {}", thrown.what()));
  }
}

/// False when the peer is gone or does not take the bytes in time.
asio::awaitable<bool> Session::write(std::string_view bytes) {
  boost::system::error_code failed;
  // Nearly every answer fits the socket's buffer: writing it here saves a turn through the executor.
  const std::size_t written = socket_.write_some(asio::buffer(bytes), failed);
  if (failed && failed != asio::error::would_block) co_return false;
  if (!failed && written == bytes.size()) co_return true;
  const std::size_t rest_from = failed ? 0 : written;
  deadline_ = context_->now + context_->options.write_timeout;
  co_await asio::async_write(socket_, asio::buffer(bytes.data() + rest_from, bytes.size() - rest_from),
                             asio::redirect_error(asio::use_awaitable, failed));
  deadline_ = SteadyTime::max();
  co_return !failed;
}

asio::awaitable<void> Session::linger() {
  boost::system::error_code failed;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  deadline_ = context_->now + kDiscardTime;
  std::string sink(16u << 10, '\0');
  for (std::size_t discarded = 0; !failed && discarded < kDiscardBytes;) {
    discarded += co_await socket_.async_read_some(asio::buffer(sink),
                                                  asio::redirect_error(asio::use_awaitable, failed));
  }
}

}  // namespace wellspring::http
