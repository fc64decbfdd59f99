#include "http/session.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

#include "http/wire/errors.hpp"

namespace wellspring::http {
namespace {

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator||;

constexpr std::string_view kLogger = "http";

Response not_found() {
  return wire::error_response(404, "Not Found");
}

Response method_not_allowed(const std::string& allowed) {
  Response response = wire::error_response(405, "Method Not Allowed");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

IpAddress address_of(const asio::ip::address& peer) {
  return peer.is_v4() ? IpAddress::v4(peer.to_v4().to_bytes()) : IpAddress(peer.to_v6().to_bytes());
}

}  // namespace

Session::Session(std::shared_ptr<ServerContext> context, asio::ip::tcp::socket socket)
    : context_(std::move(context)),
      socket_(std::move(socket)),
      cut_(socket_.get_executor(), asio::steady_timer::time_point::max()),
      reader_(context_->options.header_bytes_max) {
  context_->enter(*this);
}

Session::~Session() {
  context_->leave(*this);
}

asio::awaitable<void> Session::run(std::unique_ptr<Session> session, Welcome welcome) {
  boost::system::error_code failed;
  session->socket_.set_option(asio::ip::tcp::no_delay(true), failed);
  session->socket_.non_blocking(true, failed);
  const auto peer = session->socket_.remote_endpoint(failed);
  if (failed) co_return;
  Request& request = session->reader_.request();
  request.peer = peer.address().to_string();
  request.peer_is_loopback = peer.address().is_loopback();
  session->peer_ = address_of(peer.address());
  request.peer_is_proxy = session->context_->proxies.trusts(session->peer_);
  if (welcome == Welcome::kTurnAway) {
    co_await session->turn_away();
  } else {
    while (co_await session->serve_one()) session->served_before_ = true;
  }
  session->close();
}

void Session::expire(SteadyTime now) {
  if (now < deadline_) return;
  deadline_ = SteadyTime::max();
  timed_out_ = true;
  boost::system::error_code ignored_as_the_operation_ends_anyway;
  socket_.cancel(ignored_as_the_operation_ends_anyway);
}

void Session::wind_down() {
  keep_alive_ = false;
  if (idle_) close();
}

void Session::cut_short() {
  cut_short_ = true;
  cut_.cancel();
  if (idle_) close();
}

void Session::close() {
  boost::system::error_code ignored_as_it_is_over;
  socket_.close(ignored_as_it_is_over);
}

asio::awaitable<void> Session::turn_away() {
  context_->count_refusal("connections");
  start_exchange();
  Response response = wire::busy_response("connections");
  co_await send(std::move(response));
  co_await linger();
}

asio::awaitable<bool> Session::serve_one() {
  reader_.begin();
  if (const Received head = co_await receive_head(); head != Received::kReady)
    co_return co_await give_up(head);
  start_exchange();
  std::optional<Response> response = refuse_early();
  if (!response) {
    if (const Received body = co_await receive_body(); body != Received::kReady)
      co_return co_await give_up(body);
    response = co_await respond();
    if (route_->options.admission == Admission::kRequest) slot_.reset();
    body_share_.reset();
  }
  if (peer_gone_) co_return false;
  if (!reader_.complete()) keep_alive_ = false;
  const bool sent = co_await send(std::move(*response));
  slot_.reset();
  if (sent && keep_alive_) co_return true;
  if (sent) co_await linger();
  co_return false;
}

/// The end of a connection whose request cannot be read: an answer where the peer may be waiting for one.
asio::awaitable<bool> Session::give_up(Received why) {
  body_share_.reset();
  const bool begun = route_ != nullptr || !reader_.empty();
  if (why == Received::kClosed || (why == Received::kTimedOut && !begun)) co_return false;
  if (route_ == nullptr) start_exchange();
  keep_alive_ = false;
  const std::string_view in_head = route_ == nullptr ? "header_time" : "body_time";
  const std::string_view limit = why == Received::kTimedOut ? in_head : reader_.refusal().limit;
  if (!limit.empty()) context_->count_refusal(limit);
  Response response = apology(why);
  const bool sent = co_await send(std::move(response));
  if (sent) co_await linger();
  co_return false;
}

Response Session::apology(Received why) const {
  if (why == Received::kTimedOut) return wire::error_response(408, "Request Timeout");
  const ReadRefusal& refusal = reader_.refusal();
  return wire::error_response(refusal.status, refusal.detail);
}

void Session::start_exchange() {
  Request& request = reader_.request();
  started_ = context_->clock.steady();
  request.id = context_->request_id(request.header("X-Request-Id"));
  request.client = request.peer_is_proxy ? context_->proxies.client_of(peer_, request) : peer_;
  keep_alive_ = reader_.keep_alive() && !context_->draining;
}

asio::awaitable<Session::Received> Session::receive_head() {
  const ServerOptions& options = context_->options;
  route_ = nullptr;
  preflight_ = false;
  bool begun = false;
  deadline_ = context_->now + (served_before_ ? options.idle_timeout : options.header_timeout);
  for (;;) {
    const Progress progress = reader_.parse_head();
    if (progress != Progress::kNeedMore) {
      deadline_ = SteadyTime::max();
      co_return progress == Progress::kReady ? Received::kReady : Received::kRefused;
    }
    if (!reader_.empty() && !std::exchange(begun, true)) deadline_ = context_->now + options.header_timeout;
    if (!begun && context_->draining) co_return Received::kClosed;
    idle_ = !begun;
    const Received got = co_await read_more();
    idle_ = false;
    if (got != Received::kReady) co_return got;
  }
}

asio::awaitable<Session::Received> Session::receive_body() {
  if (reader_.expects_continue() && !reader_.complete()) {
    if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return Received::kClosed;
  }
  deadline_ = context_->now + context_->options.body_timeout;
  for (;;) {
    const Progress progress = reader_.parse_body();
    if (progress != Progress::kNeedMore) {
      deadline_ = SteadyTime::max();
      co_return progress == Progress::kReady ? Received::kReady : Received::kRefused;
    }
    if (const Received got = co_await read_more(); got != Received::kReady) co_return got;
  }
}

asio::awaitable<Session::Received> Session::read_more() {
  const auto room = reader_.prepare();
  boost::system::error_code failed;
  timed_out_ = false;
  const std::size_t bytes = co_await socket_.async_read_some(
      asio::buffer(room.data(), room.size()), asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return timed_out_ ? Received::kTimedOut : Received::kClosed;
  reader_.commit(bytes);
  co_return Received::kReady;
}

/// Everything that can be answered from the head alone. Sets the route and takes its share of the limits
/// otherwise.
std::optional<Response> Session::refuse_early() {
  ServerContext& server = *context_;
  Request& request = reader_.request();
  if (auto answer = server.cors.preflight(request)) {
    preflight_ = true;
    return answer;
  }
  Router::Match match = server.router.match(request.method, request.path);
  if (match.route == nullptr) return match.allowed.empty() ? not_found() : method_not_allowed(match.allowed);
  route_ = match.route;
  request.path_parameters = std::move(match.parameters);
  const RouteOptions& options = route_->options;
  if (auto refused = server.access.refuse(options, request, started_)) {
    if (refused->status == 429)
      server.metrics.count("rate_limit_rejections_total", {{"endpoint_type", "auth"}});
    return refused;
  }
  if (reader_.limit_body(options.body_bytes_max) == Progress::kRefused) {
    server.count_refusal(reader_.refusal().limit);
    return apology(Received::kRefused);
  }
  const std::uint64_t body_bytes = reader_.content_length().value_or(options.body_bytes_max);
  body_share_ = Share::take(server.body_bytes, static_cast<std::size_t>(body_bytes),
                            server.options.body_bytes_in_flight_max);
  if (!body_share_) {
    server.count_refusal("body_bytes");
    return wire::busy_response("body bytes");
  }
  return std::nullopt;
}

asio::awaitable<Response> Session::respond() {
  ServerContext& server = *context_;
  switch (route_->options.admission) {
    case Admission::kAlways:
      break;
    case Admission::kRequest:
      slot_ = Share::take(server.requests, 1, server.options.requests_max, &server.requests_gauge);
      if (!slot_) {
        server.count_refusal("requests");
        co_return wire::busy_response("requests");
      }
      break;
    case Admission::kStream:
      slot_ = Share::take(server.streams, 1, server.options.streams_max, &server.streams_gauge);
      if (!slot_) {
        server.count_refusal("streams");
        co_return wire::busy_response("streams");
      }
      break;
  }
  if (!route_->options.cancel_on_disconnect) co_return co_await handle();
  auto first = co_await (handle() || watch_peer() || wait_for_cut());
  if (first.index() == 0) co_return std::move(std::get<0>(first));
  peer_gone_ = first.index() == 1;
  Response response =
      wire::error_response(fail(ErrorKind::kCancelled, "request cut short as the server stops"));
  co_return response;
}

/// The last resort for exceptions of handlers.
asio::awaitable<Response> Session::handle() {
  try {
    co_return co_await route_->handler(reader_.request());
  } catch (const boost::system::system_error& thrown) {
    if (thrown.code() == asio::error::operation_aborted) {
      co_return wire::error_response(fail(ErrorKind::kCancelled, "handler cancelled"));
    }
    record_bug(thrown.what());
  } catch (const std::exception& thrown) {
    record_bug(thrown.what());
  }
  co_return wire::error_response(500, "Internal Server Error");
}

/// Returns when the peer has closed its side. Keeps what it pipelines meanwhile, up to the reader's bound.
asio::awaitable<void> Session::watch_peer() {
  while (!reader_.full()) {
    const Received got = co_await read_more();
    if (got != Received::kReady) co_return;
  }
  co_await wait_for_cut();
}

asio::awaitable<void> Session::wait_for_cut() {
  if (cut_short_) co_return;
  boost::system::error_code cut;
  co_await cut_.async_wait(asio::redirect_error(asio::use_awaitable, cut));
}

void Session::record_bug(std::string_view what) {
  context_->metrics.count("wellspring_errors_total", {{"kind", std::string(info(ErrorKind::kBug).name)}});
  context_->log.error(
      kLogger, "handler threw",
      {{"request_id", reader_.request().id}, {"route", route_->path}, {"exception", std::string(what)}});
}

void Session::record(const Response& response) {
  ServerContext& server = *context_;
  const Request& request = reader_.request();
  const auto took = server.clock.steady() - started_;
  if (!preflight_) server.request_metrics.observe(route_, request.method, response.status, took);
  if (response.error) {
    const std::string kind(info(response.error->kind).name);
    server.metrics.count("wellspring_errors_total", {{"kind", kind}});
    if (response.status >= 500) {
      const bool ours = info(response.error->kind).retryable == Retryable::kNo;
      server.log.write(ours ? obs::LogLevel::kError : obs::LogLevel::kWarning, kLogger,
                       response.error->message,
                       {{"request_id", request.id},
                        {"path", request.path},
                        {"kind", kind},
                        {"subject", response.error->subject}});
    }
  }
  if (!server.log.enabled(obs::LogLevel::kDebug)) return;
  server.log.write(obs::LogLevel::kDebug, kLogger, "request",
                   {{"request_id", request.id},
                    {"method", std::string(name(request.method))},
                    {"path", request.path},
                    {"status_code", std::to_string(response.status)},
                    {"duration_seconds", std::to_string(std::chrono::duration<double>(took).count())},
                    {"client_ip", request.client.to_string()}});
}

}  // namespace wellspring::http
