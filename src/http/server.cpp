#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <random>

#include "http/response_head.hpp"
#include "http/session.hpp"

namespace wellspring::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::string_view kLogger = "http";
constexpr std::size_t kTurnedAwayMax =
    64;  // connections over the limit that get an answer; the rest is closed at once
constexpr std::size_t kRequestIdBytes = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};  // when descriptors ran out
constexpr std::chrono::milliseconds kAfterCut{1'000};   // for last words to reach the peers

bool plain(std::string_view id) {
  return !id.empty() && id.size() <= kRequestIdBytes &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

/// Often enough for the shortest timeout, never busy.
std::chrono::milliseconds tick_interval(const ServerOptions& options) {
  const auto shortest =
      std::min({options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{250});
}

asio::awaitable<void> pause(asio::steady_timer& timer, std::chrono::milliseconds time) {
  boost::system::error_code woken;
  timer.expires_after(time);
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> keep_time(std::shared_ptr<ServerContext> server) {
  const auto interval = tick_interval(server->options);
  while (!server->stopped) {
    server->tick();
    for (Session* session : server->sessions) session->expire(server->now);
    co_await pause(server->ticker, interval);
  }
}

void spawn_session(const std::shared_ptr<ServerContext>& server, tcp::socket socket) {
  const std::size_t open = server->sessions.size();
  const std::size_t max = server->options.connections_max;
  if (open >= max + kTurnedAwayMax) return;
  const auto welcome = open >= max ? Session::Welcome::kTurnAway : Session::Welcome::kServe;
  asio::co_spawn(
      server->io, Session::run(std::make_unique<Session>(server, std::move(socket)), welcome),
      [server](const std::exception_ptr& thrown) {
        if (!thrown) return;
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception& bug) {
          server->metrics.count("wellspring_errors_total", {{"kind", "bug"}});
          server->log.error(kLogger, "connection ended by an exception", {{"exception", bug.what()}});
        }
      });
}

asio::awaitable<void> accept(std::shared_ptr<ServerContext> server, tcp::acceptor& acceptor) {
  asio::steady_timer pause_timer(server->io);
  while (acceptor.is_open()) {
    boost::system::error_code failed;
    tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
    if (!failed) {
      spawn_session(server, std::move(socket));
    } else if (failed != asio::error::operation_aborted && failed != asio::error::connection_aborted) {
      server->log.warning(kLogger, "accepting a connection failed", {{"error", failed.message()}});
      co_await pause(pause_timer, kAcceptPause);
    }
  }
}

Error listen_error(const std::string& what, const std::string& host, std::uint16_t port,
                   const boost::system::error_code& failed) {
  const ErrorKind kind = failed == asio::error::address_in_use ? ErrorKind::kConflict
                         : failed == asio::error::no_descriptors || failed == asio::error::no_memory
                             ? ErrorKind::kResource
                             : ErrorKind::kInvalidArgument;
  return fail(kind,
              fmt::format("{} on {}:{}: {}; choose another address with --listen", what, host, port,
                          failed.message()),
              fmt::format("{}:{}", host, port));
}

Result<void> open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, const std::string& host,
                  std::uint16_t port) {
  boost::system::error_code failed;
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  if (failed) return listen_error("listen", host, port, failed);
  return {};
}

}  // namespace

ServerContext::ServerContext(Router table, ServerOptions server_options, asio::io_context& io_context,
                             obs::Metrics& all_metrics, obs::Log& server_log, const Clock& server_clock)
    : router(std::move(table)),
      options(std::move(server_options)),
      cors(options.cors_origins),
      proxies(options.trusted_proxies),
      access(options.access, random_seed()),
      io(io_context),
      metrics(all_metrics),
      log(server_log),
      clock(server_clock),
      request_metrics(metrics, router),
      connections_gauge(metrics.gauge("active_connections", {{"connection_type", "http"}})),
      requests_gauge(metrics.gauge("wellspring_http_requests_in_flight")),
      streams_gauge(metrics.gauge("wellspring_streams_open")),
      ticker(io),
      all_left(io),
      id_prefix_(fmt::format("{:08x}", std::random_device{}())) {
  tick();
}

std::string ServerContext::request_id(std::string_view offered) {
  if (plain(offered)) return std::string(offered);
  return fmt::format("{}-{:x}", id_prefix_, ++ids_made_);
}

void ServerContext::enter(Session& session) {
  sessions.insert(&session);
  connections_gauge.add(1);
}

void ServerContext::leave(Session& session) {
  sessions.erase(&session);
  connections_gauge.add(-1);
  if (sessions.empty()) all_left.cancel();
}

void ServerContext::tick() {
  now = clock.steady();
  date = http_date(std::chrono::system_clock::to_time_t(clock.wall()));
}

Server::Server(Router router, ServerOptions options, runtime::Executors& executors, obs::Metrics& metrics,
               obs::Log& log, const Clock& clock)
    : context_(std::make_shared<ServerContext>(std::move(router), std::move(options), executors.io(), metrics,
                                               log, clock)) {
  asio::co_spawn(context_->io, keep_time(context_), asio::detached);
}

Server::~Server() {
  stop_accepting();
  context_->stopped = true;
  context_->ticker.cancel();
}

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
  boost::system::error_code failed;
  tcp::resolver resolver(context_->io);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, failed);
  if (failed || found.empty()) return listen_error("resolve the address to listen", host, port, failed);
  tcp::acceptor& acceptor = context_->acceptors.emplace_back(context_->io);
  if (const auto opened = open(acceptor, found.begin()->endpoint(), host, port); !opened) {
    context_->acceptors.pop_back();
    return opened.error();
  }
  asio::co_spawn(context_->io, accept(context_, acceptor), asio::detached);
  return acceptor.local_endpoint().port();
}

void Server::stop_accepting() {
  for (tcp::acceptor& acceptor : context_->acceptors) {
    boost::system::error_code ignored_as_it_is_over;
    acceptor.close(ignored_as_it_is_over);
  }
}

asio::awaitable<void> Server::drain(std::chrono::milliseconds grace) {
  const std::shared_ptr<ServerContext> server = context_;
  stop_accepting();
  server->draining = true;
  for (Session* session : server->sessions) session->wind_down();
  if (!server->sessions.empty()) co_await pause(server->all_left, grace);
  for (Session* session : server->sessions) session->cut_short();
  if (!server->sessions.empty()) co_await pause(server->all_left, kAfterCut);
  for (Session* session : server->sessions) session->close();
  if (!server->sessions.empty()) co_await pause(server->all_left, kAfterCut);
  server->stopped = true;
  server->ticker.cancel();
}

}  // namespace wellspring::http
