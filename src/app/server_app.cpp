#include "app/server_app.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "http/routes/routes.hpp"
#include "http/static_file.hpp"
#include "runtime/offload.hpp"

namespace wellspring::app {
namespace {

namespace asio = boost::asio;
constexpr std::string_view kLogger = "wellspring";
constexpr int kExitSecondSignal = 130;

struct Address {
  std::string host;
  std::uint16_t port;
};

Result<Address> parse_address(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::uint16_t port = 0;
  const char* const end = listen.data() + listen.size();
  const auto read = colon == std::string::npos ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                                               : std::from_chars(listen.data() + colon + 1, end, port);
  if (read.ec != std::errc{} || read.ptr != end || colon == 0) {
    return fail(ErrorKind::kInvalidArgument,
                "option server.listen: '" + listen + "' is no HOST:PORT with a port from 0 to 65535",
                "server.listen");
  }
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return Address{std::move(host), port};
}

bool reachable_from_elsewhere(const std::string& host) {
  boost::system::error_code is_a_name;
  const asio::ip::address address = asio::ip::make_address(host, is_a_name);
  return is_a_name ? host != "localhost" : !address.is_loopback();
}

http::ServerOptions server_options(const config::Settings& settings) {
  http::ServerOptions options;
  options.connections_max = settings.connections_max;
  options.requests_max = settings.requests_max;
  options.streams_max = settings.streams_max;
  options.idle_timeout = settings.idle_timeout;
  options.header_timeout = std::min(options.header_timeout, settings.idle_timeout);
  options.body_timeout = std::min(options.body_timeout, settings.idle_timeout);
  options.cors_origins = settings.cors_origins;
  options.admin_token = settings.admin_token;
  options.strict_transport = settings.strict_transport;
  return options;
}

}  // namespace

ServerApp::ServerApp(const config::Settings& settings, std::unique_ptr<Engine> engine)
    : settings_(settings),
      engine_(std::move(engine)),
      services_{engine_->retriever(),
                engine_->answerer(),
                engine_->intake(),
                engine_->articles(),
                engine_->journal(),
                engine_->sources(),
                engine_->questions(),
                engine_->question_log(),
                [this] { return engine_->index().snapshot(); },
                [this] { return readiness(); },
                [this] { engine_->worker().notify(); },
                engine_->executors(),
                engine_->metrics(),
                engine_->log(),
                engine_->clock(),
                settings.answer_timeout,
                settings.sync_body_bytes_max,
                !settings.llm_base_url.empty()},
      server_(std::make_unique<http::Server>(http::product_routes(services_, http::embedded_files()),
                                             server_options(settings), engine_->executors(),
                                             engine_->metrics(), engine_->log(), engine_->clock())) {}

ServerApp::~ServerApp() {
  engine_->executors().stop();
}

Result<std::unique_ptr<ServerApp>> ServerApp::open(const config::Settings& settings, const Clock& clock,
                                                   obs::Log& log) {
  auto engine = Engine::open(settings, clock, log);
  if (engine.has_error()) return engine.error();
  std::unique_ptr<ServerApp> app(new ServerApp(settings, std::move(*engine)));
  auto listening = app->listen();
  if (listening.has_error()) return listening.error();
  return app;
}

Result<void> ServerApp::listen() {
  auto address = parse_address(settings_.listen);
  if (address.has_error()) return address.error();
  auto port = server_->listen(address->host, address->port);
  if (port.has_error()) return port.error();
  const std::string host =
      address->host.find(':') == std::string::npos ? address->host : "[" + address->host + "]";
  url_ = "http://" + host + ":" + std::to_string(*port);
  engine_->log().info(kLogger, "listening on " + url_);
  if (settings_.admin_token.empty() && reachable_from_elsewhere(address->host)) {
    engine_->log().warning(
        kLogger,
        "sources and the questions people ask are open to whoever reaches this address; set "
        "ADMIN_TOKEN to close them");
  }
  // Other commands on this machine find the server by this.
  const bool any_address = host == "0.0.0.0" || host == "[::]";
  return engine_->lock().set_url(any_address ? "http://127.0.0.1:" + std::to_string(*port) : url_);
}

http::Readiness ServerApp::readiness() const {
  if (phase_ == Phase::kReady) return {.ready = true, .reason = {}};
  return {.ready = false,
          .reason = phase_ == Phase::kStarting ? "the index is being loaded" : "the server is stopping"};
}

Result<void> ServerApp::run(Signals signals) {
  asio::signal_set set(engine_->executors().io());
  if (signals == Signals::kStop) {
    set.add(SIGTERM);
    set.add(SIGINT);
    await_signal(set);
  }
  asio::co_spawn(engine_->executors().io(), start(), asio::detached);
  engine_->executors().run_io();
  engine_->executors().stop();
  const MutexLock lock(mutex_);
  if (failure_) return *failure_;
  return {};
}

void ServerApp::await_signal(asio::signal_set& set) {
  set.async_wait([this, &set](const boost::system::error_code& error, int) {
    if (error) return;
    if (phase_ == Phase::kStopping) std::_Exit(kExitSecondSignal);
    begin_stop();
    await_signal(set);
  });
}

asio::awaitable<void> ServerApp::start() {
  const SteadyTime began = engine_->clock().steady();
  Result<void> loaded =
      co_await runtime::offload(engine_->executors().cpu(), [this] { return engine_->load(); });
  if (loaded.has_value() && phase_ == Phase::kStarting) loaded = engine_->worker().start();
  if (loaded.has_error()) {
    engine_->log().error(kLogger, "cannot start: " + loaded.error().message);
    settle(loaded.error());
    begin_stop();
    co_return;
  }
  if (phase_ != Phase::kStarting) co_return;
  engine_->question_log().start();
  phase_ = Phase::kReady;
  const auto snapshot = engine_->index().snapshot();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(engine_->clock().steady() - began);
  engine_->log().info(kLogger, "ready",
                      {{"url", url_},
                       {"articles", std::to_string(snapshot->article_count())},
                       {"chunks", std::to_string(snapshot->chunk_count())},
                       {"load_ms", std::to_string(took.count())},
                       {"answers", engine_->chat_model().name()}});
  settle(std::nullopt);
}

void ServerApp::begin_stop() {
  if (phase_ == Phase::kStopping) return;
  phase_ = Phase::kStopping;
  asio::co_spawn(engine_->executors().io(), stop(), asio::detached);
}

asio::awaitable<void> ServerApp::stop() {
  // First, so that whoever reads "stopping" finds the port closed.
  server_->stop_accepting();
  engine_->log().info(kLogger, "stopping", {{"grace_ms", std::to_string(settings_.shutdown_grace.count())}});
  const Deadline deadline = Deadline::after(engine_->clock(), settings_.shutdown_grace);
  co_await server_->drain(settings_.shutdown_grace);
  co_await engine_->question_log().drain(deadline.left(engine_->clock().steady()));
  co_await engine_->worker().stop();
  engine_->log().info(kLogger, "stopped");
  settle(std::nullopt);
  engine_->executors().io().stop();
}

void ServerApp::request_stop() {
  asio::post(engine_->executors().io(), [this] { begin_stop(); });
}

Result<void> ServerApp::wait_ready() {
  const MutexLock lock(mutex_);
  while (!is_settled_) settled_.wait(mutex_);
  if (failure_) return *failure_;
  return {};
}

void ServerApp::settle(std::optional<Error> failure) {
  const MutexLock lock(mutex_);
  if (!is_settled_) failure_ = std::move(failure);
  is_settled_ = true;
  settled_.notify_all();
}

}  // namespace wellspring::app
