#include "fake_mongod/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace wellspring::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::optional<std::string> application_name(const bson_t& hello) {
  const auto client = find_document(hello, "client");
  const auto application = client ? find_document(**client, "application") : std::nullopt;
  return application ? find_string(**application, "name") : std::nullopt;
}

/// The errors after which a driver asks for the server's role again: "node is recovering" and "not writable
/// primary" of the Server Discovery and Monitoring specification.
bool is_state_change(int error_code) {
  constexpr std::array kCodes{91, 189, 10058, 10107, 11600, 11602, 13435, 13436};
  return std::find(kCodes.begin(), kCodes.end(), error_code) != kCodes.end();
}

/// How long the command is held up, and whether its own maxTimeMS ends it.
struct HoldUp {
  std::chrono::milliseconds time{0};
  bool expires = false;
};

HoldUp hold_up(const Verdict& verdict, const bson_t& command) {
  const std::chrono::milliseconds limit(find_integer(command, "maxTimeMS").value_or(0));
  const bool expires = verdict.obeys_max_time && limit.count() > 0 && limit < verdict.delay;
  return {expires ? limit : verdict.delay, expires};
}

}  // namespace

Connection::Connection(std::int64_t id, tcp::socket socket, Transport transport, asio::ssl::context& tls,
                       Engine& engine)
    : id_(id),
      transport_(transport),
      stream_(std::move(socket), tls),
      timer_(stream_.get_executor()),
      engine_(engine) {}

asio::awaitable<void> Connection::run() {
  Next next = co_await shake_hands() ? Next::kRead : Next::kEnd;
  while (next == Next::kRead) {
    const std::optional<Request> request = co_await read_request();
    if (!request) {
      break;
    }
    next = co_await serve(*request);
  }
  close(Effect::kClose);
}

asio::awaitable<bool> Connection::shake_hands() {
  error_code failed;
  if (transport_ == Transport::kTls) {
    co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, failed));
    note_failure(failed);
  }
  co_return !failed;
}

asio::awaitable<bool> Connection::read_exactly(std::uint8_t* data, std::size_t size) {
  const auto buffer = asio::buffer(data, size);
  error_code failed;
  if (transport_ == Transport::kTls) {
    co_await asio::async_read(stream_, buffer, asio::redirect_error(asio::use_awaitable, failed));
  } else {
    co_await asio::async_read(socket(), buffer, asio::redirect_error(asio::use_awaitable, failed));
  }
  note_failure(failed);
  co_return !failed;
}

asio::awaitable<std::optional<Request>> Connection::read_request() {
  std::array<std::uint8_t, kHeaderBytes> bytes{};
  if (!co_await read_exactly(bytes.data(), bytes.size())) {
    co_return std::nullopt;
  }
  const auto header = parse_header(bytes);
  if (!header) {
    co_return std::nullopt;
  }
  std::vector<std::uint8_t> body(static_cast<std::size_t>(header->length) - kHeaderBytes);
  if (!co_await read_exactly(body.data(), body.size())) {
    co_return std::nullopt;
  }
  co_return parse_request(*header, body);
}

asio::awaitable<Connection::Next> Connection::serve(const Request& request) {
  const std::string name = request.name();
  if (is_hello(name)) {
    co_return co_await serve_hello(request);
  }
  co_return co_await serve_command(request, name);
}

asio::awaitable<Connection::Next> Connection::serve_command(const Request& request, const std::string& name) {
  engine_.note_session(*request.command);
  engine_.ledger.record([&](Ledger& ledger) { ledger.command(id_, name, engine_.clock.steady()); });
  const Verdict verdict = engine_.faults.judge(name, app_name_);
  const HoldUp held = hold_up(verdict, *request.command);
  if (!co_await pause(held.time)) {
    co_return Next::kEnd;
  }
  if (held.expires) {
    const Document expired = error_reply(50, "MaxTimeMSExpired", "operation exceeded time limit");
    co_return co_await answer(request, expired);
  }
  if (verdict.effect != Effect::kAnswer && verdict.stage == Stage::kBeforeRunning) {
    co_return co_await misbehave(request, verdict);
  }
  const Document reply = engine_.answer(request);
  if (verdict.effect != Effect::kAnswer) {
    co_return co_await misbehave(request, verdict);
  }
  co_return co_await answer(request, reply);
}

asio::awaitable<Connection::Next> Connection::serve_hello(const Request& request) {
  const bson_t& hello = *request.command;
  const bool awaitable = engine_.topology.awaitable(hello);
  const auto app_name = application_name(hello);
  if (app_name && app_name_.empty()) {
    app_name_ = *app_name;
  }
  engine_.ledger.record([&](Ledger& ledger) {
    ledger.hello(id_, awaitable ? HelloKind::kAwaitable : HelloKind::kPlain, app_name,
                 engine_.clock.steady());
  });
  const bool streams = awaitable && request.exhaust_allowed;
  std::int64_t known = engine_.topology.known_counter(hello);
  do {
    if (awaitable && !co_await wait_for_topology(hello, known)) {
      co_return Next::kEnd;
    }
    // Judged after the wait: a fault set meanwhile is in force.
    const Verdict verdict = engine_.faults.judge("hello", app_name_);
    if (!co_await pause(verdict.delay)) {
      co_return Next::kEnd;
    }
    if (verdict.effect != Effect::kAnswer) {
      co_return co_await misbehave(request, verdict);
    }
    known = engine_.topology.counter();
    note_answered();
    const Document reply = engine_.hello_reply(id_);
    if (!co_await send(request, reply, ReplyFlags{streams})) {
      co_return Next::kEnd;
    }
  } while (streams && !client_spoke());
  co_return Next::kRead;
}

bool Connection::client_spoke() {
  error_code closed;
  return socket().available(closed) > 0;
}

asio::awaitable<bool> Connection::wait_for_topology(const bson_t& hello, std::int64_t known) {
  const SteadyTime end =
      engine_.clock.steady() + std::chrono::milliseconds(find_integer(hello, "maxAwaitTimeMS").value_or(0));
  hello_waits_ = true;
  Waited waited = Waited::kWoken;
  while (waited == Waited::kWoken && known == engine_.topology.counter()) {
    const Deadline deadline(end);
    waited = co_await wait(deadline.left(engine_.clock.steady()));
  }
  hello_waits_ = false;
  co_return waited != Waited::kPeerGone;
}

asio::awaitable<bool> Connection::pause(std::chrono::milliseconds delay) {
  const Deadline deadline(engine_.clock.steady() + delay);
  while (deadline.left(engine_.clock.steady()).count() > 0) {
    const Waited waited = co_await wait(deadline.left(engine_.clock.steady()));
    if (waited == Waited::kPeerGone) {
      co_return false;
    }
    if (waited == Waited::kPeerSpoke) {
      timer_.expires_at(deadline.at());
      error_code ignored;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
  co_return socket().is_open();
}

asio::awaitable<Connection::Waited> Connection::wait(std::chrono::milliseconds limit) {
  using asio::experimental::awaitable_operators::operator||;
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  timer_.expires_after(limit);
  const auto first =
      co_await (timer_.async_wait(kToken) || socket().async_wait(tcp::socket::wait_read, kToken));
  if (!socket().is_open()) {
    co_return Waited::kPeerGone;
  }
  if (first.index() == 0) {
    co_return std::get<0>(std::get<0>(first)) ? Waited::kWoken : Waited::kElapsed;
  }
  std::uint8_t byte = 0;
  error_code failed;
  socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failed);
  if (!failed) {
    co_return Waited::kPeerSpoke;
  }
  note_failure(failed);
  co_return Waited::kPeerGone;
}

asio::awaitable<Connection::Next> Connection::misbehave(const Request& request, const Verdict& verdict) {
  switch (verdict.effect) {
    case Effect::kAnswer:
    case Effect::kIgnore:
      co_return Next::kRead;
    case Effect::kError:
      break;
    case Effect::kClose:
    case Effect::kReset:
      close(verdict.effect);
      co_return Next::kEnd;
    case Effect::kHalfClose:
      close(verdict.effect);
      co_return Next::kRead;
  }
  if (is_state_change(verdict.error_code)) {
    engine_.topology.announce();
    engine_.wake_hellos();
  }
  Document reply = error_reply(verdict.error_code, verdict.error_name, "injected fault");
  if (is_state_change(verdict.error_code) && find(*request.command, "txnNumber")) {
    // Since wire version 9 a driver retries a write on the server's word alone.
    reply.add("errorLabels", std::array<std::string, 1>{"RetryableWriteError"});
  }
  co_return co_await answer(request, reply);
}

asio::awaitable<Connection::Next> Connection::answer(const Request& request, const Document& reply) {
  note_answered();
  if (request.more_to_come) {
    co_return Next::kRead;
  }
  const bool is_sent = co_await send(request, reply, {});
  co_return is_sent ? Next::kRead : Next::kEnd;
}

asio::awaitable<bool> Connection::send(const Request& request, const Document& reply, ReplyFlags flags) {
  // In a stream each message answers the one before it.
  const std::int32_t response_to = flags.more_to_come && last_reply_id_ != 0 ? last_reply_id_ : request.id;
  const std::int32_t reply_id = request.id + 1;
  const auto message = encode_reply(request.framing, reply_id, response_to, reply, flags);
  last_reply_id_ = flags.more_to_come ? reply_id : 0;
  const auto buffer = asio::buffer(message);
  error_code failed;
  if (transport_ == Transport::kTls) {
    co_await asio::async_write(stream_, buffer, asio::redirect_error(asio::use_awaitable, failed));
  } else {
    co_await asio::async_write(socket(), buffer, asio::redirect_error(asio::use_awaitable, failed));
  }
  note_failure(failed);
  co_return !failed;
}

void Connection::note_answered() {
  engine_.ledger.record([&](Ledger& ledger) { ledger.answered(id_, engine_.clock.steady()); });
}

void Connection::note_failure(const error_code& failure) {
  if (failure == asio::error::connection_reset) {
    leave(Closer::kClientReset);
  } else if (failure && failure != asio::error::operation_aborted) {
    leave(Closer::kClient);
  }
}

void Connection::leave(Closer closer) {
  engine_.ledger.record([&](Ledger& ledger) { ledger.closed(id_, closer, engine_.clock.steady()); });
}

void Connection::close(Effect how) {
  error_code ignored;
  if (how == Effect::kHalfClose) {
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    return;
  }
  if (how == Effect::kReset) {
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
  }
  socket().close(ignored);
  timer_.cancel();
  leave(Closer::kServer);
}

void Connection::wake() {
  if (hello_waits_) {
    timer_.cancel();
  }
}

}  // namespace wellspring::testing
