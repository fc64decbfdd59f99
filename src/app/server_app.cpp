#include "app/server_app.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "app/protection.hpp"
#include "app/webhook_rules.hpp"
#include "http/routes/routes.hpp"
#include "http/static_file.hpp"
#include "runtime/offload.hpp"

namespace wellspring::app {
namespace {

namespace asio = boost::asio;
constexpr std::string_view kLogger = "wellspring";
constexpr int kExitSecondSignal = 130;
constexpr int kExitUnclosed = 1;
constexpr std::chrono::hours kForever{24};
// What cutting takes, so that with it mongo.drain is kept.
constexpr std::chrono::milliseconds kCutReserve{250};
// Between two attempts to read a store that is away, and two looks whether it is.
constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{5'000};
constexpr std::chrono::milliseconds kWatchEvery{250};
constexpr std::chrono::seconds kTellEvery{2};
constexpr std::chrono::hours kForgetEvery{1};

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

http::ServerOptions server_options(const config::Settings& settings, store::TokenWatch& tokens) {
  http::ServerOptions options;
  options.connections_max = settings.connections_max;
  options.requests_max = settings.requests_max;
  options.streams_max = settings.streams_max;
  options.idle_timeout = settings.idle_timeout;
  options.header_timeout = std::min(options.header_timeout, settings.idle_timeout);
  options.body_timeout = std::min(options.body_timeout, settings.idle_timeout);
  options.cors_origins = settings.cors_origins;
  options.access = access_options(settings, tokens);
  options.trusted_proxies = settings.trusted_proxies;
  options.strict_transport = settings.strict_transport;
  return options;
}

}  // namespace

ServerApp::ServerApp(const config::Settings& settings, sync::SignatureRules webhooks,
                     std::unique_ptr<Engine> engine)
    : settings_(settings),
      engine_(std::move(engine)),
      tokens_(settings.data_dir, engine_->log()),
      request_limits_(request_limit_options(settings), engine_->clock(), engine_->metrics(), engine_->log()),
      services_{engine_->retriever(),
                engine_->answerer(),
                engine_->intake(),
                engine_->articles(),
                engine_->journal(),
                engine_->sources(),
                engine_->questions(),
                engine_->question_log(),
                engine_->storage().sources_lane(),
                engine_->storage().questions_lane(),
                [this] { return engine_->storage().pools(); },
                [this] { return engine_->index().snapshot(); },
                [this] { return readiness(); },
                [this] { engine_->worker().notify(); },
                engine_->executors(),
                engine_->metrics(),
                engine_->log(),
                engine_->clock(),
                request_limits_,
                settings.answer_timeout,
                settings.sync_body_bytes_max,
                std::move(webhooks),
                !settings.llm_base_url.empty(),
                engine_->answer_cache(),
                engine_->spend(),
                engine_->reconciler(),
                settings.default_locale,
                settings.questions_log,
                settings.questions_opt_out},
      server_(std::make_unique<http::Server>(http::product_routes(services_, http::embedded_files()),
                                             server_options(settings, tokens_), engine_->executors(),
                                             engine_->metrics(), engine_->log(), engine_->clock())) {}

ServerApp::~ServerApp() {
  engine_->executors().stop();
}

Result<std::unique_ptr<ServerApp>> ServerApp::open(const config::Settings& settings, const Clock& clock,
                                                   obs::Log& log) {
  auto webhooks = webhook_rules(settings);
  if (webhooks.has_error()) return webhooks.error();
  auto engine = Engine::open(settings, clock, log);
  if (engine.has_error()) return engine.error();
  std::unique_ptr<ServerApp> app(new ServerApp(settings, std::move(*webhooks), std::move(*engine)));
  auto listening = app->listen();
  if (listening.has_error()) return listening.error();
  if (!app->engine_->storage().is_local()) {
    // Operators of the backend that this program replaces look for these two lines.
    log.info(kLogger, "Global RAG pipeline instance set");
    log.info(kLogger, "Health checker initialized with global VectorStoreManager");
  }
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
  warn_of_openings(settings_, tokens_, reachable_from_elsewhere(address->host), engine_->log());
  // Other commands on this machine find the server by this.
  const bool any_address = host == "0.0.0.0" || host == "[::]";
  return engine_->lock().set_url(any_address ? "http://127.0.0.1:" + std::to_string(*port) : url_);
}

void ServerApp::warn_of_unsigned_webhooks() {
  if (!services_.webhooks.secrets.empty()) return;
  const bool accepted = services_.webhooks.unsigned_webhooks == sync::UnsignedWebhooks::kAccept;
  engine_->log().warning(
      kLogger,
      accepted ? "webhooks are accepted unsigned: whoever reaches the port can publish and delete; set "
                 "WEBHOOK_SECRET here and in the CMS, or webhook.unsigned=refuse"
               : "every webhook is refused, because none is accepted unsigned and there is no secret; set "
                 "WEBHOOK_SECRET here and in the CMS");
}

http::Readiness ServerApp::readiness() const {
  if (phase_ == Phase::kStopping) return {.ready = false, .reason = "the server is stopping"};
  std::string trouble = engine_->storage().trouble();
  if (phase_ == Phase::kReady) return {.ready = true, .reason = std::move(trouble)};
  return {.ready = false, .reason = trouble.empty() ? "the index is being loaded" : std::move(trouble)};
}

Result<void> ServerApp::run(Signals signals) {
  asio::signal_set set(engine_->executors().io());
  if (signals == Signals::kStop) {
    set.add(SIGTERM);
    set.add(SIGINT);
    await_signal(set);
    warn_of_unsigned_webhooks();
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

asio::awaitable<void> ServerApp::wait(std::chrono::milliseconds time) {
  asio::steady_timer timer(engine_->executors().io(), time);
  const auto here = pauses_.insert(pauses_.end(), &timer);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  pauses_.erase(here);
}

void ServerApp::cancel_pauses() {
  for (asio::steady_timer* pause : pauses_) pause->cancel();
}

asio::awaitable<Result<void>> ServerApp::load() {
  for (std::chrono::milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto work = [this] { return engine_->load(); };
    const Result<void> loaded = co_await runtime::offload(engine_->executors().cpu(), std::move(work));
    const bool may_come = loaded.has_error() && !engine_->storage().is_local() &&
                          info(loaded.error().kind).retryable == Retryable::kYes;
    if (!may_come || phase_ != Phase::kStarting) co_return loaded;
    engine_->log().warning(kLogger, "the store cannot be read yet; trying again",
                           {{"reason", loaded.error().message}, {"wait_ms", std::to_string(pause.count())}});
    co_await wait(pause);
  }
}

asio::awaitable<void> ServerApp::start() {
  const SteadyTime began = engine_->clock().steady();
  Result<void> loaded = co_await load();
  if (loaded.has_value() && phase_ == Phase::kStarting) {
    auto begin = [this] { return engine_->worker().recover(); };
    loaded = co_await runtime::offload(engine_->executors().blocking(), std::move(begin));
  }
  if (phase_ != Phase::kStarting) co_return;
  if (loaded.has_error()) {
    engine_->log().error(kLogger, "cannot start: " + loaded.error().message);
    settle(loaded.error());
    begin_stop();
    co_return;
  }
  engine_->worker().start();
  engine_->question_log().start();
  phase_ = Phase::kReady;
  report_ready(began);
  settle(std::nullopt);
  asio::co_spawn(engine_->executors().io(), forget_old_questions(), asio::detached);
  if (sync::Reconciler* reconciler = engine_->reconciler()) reconciler->start();
  if (engine_->without_vector() > 0)
    asio::co_spawn(engine_->executors().io(), embed_the_rest(), asio::detached);
  if (!engine_->storage().is_local()) co_await watch_storage();
}

asio::awaitable<void> ServerApp::forget_old_questions() {
  while (phase_ == Phase::kReady) {
    engine_->question_log().forget_old();
    co_await wait(kForgetEvery);
  }
}

asio::awaitable<void> ServerApp::embed_the_rest() {
  obs::Log& log = engine_->log();
  const std::string all = std::to_string(engine_->without_vector());
  log.info(kLogger, "passages are found by their words alone until they are embedded", {{"passages", all}});
  std::size_t done = 0;
  SteadyTime told = engine_->clock().steady();
  while (phase_ == Phase::kReady) {
    auto work = [this] { return engine_->embed_some(); };
    const Result<std::size_t> some =
        co_await runtime::offload(engine_->executors().background(), std::move(work));
    if (some.has_error()) {
      log.warning(kLogger, "passages could not be embedded; trying again",
                  {{"reason", some.error().message}});
      co_await wait(kLongestPause);
      continue;
    }
    done += *some;
    if (*some == 0) {
      log.info(kLogger, "every passage is embedded", {{"passages", std::to_string(done)}});
      co_return;
    }
    if (engine_->clock().steady() - told < kTellEvery) continue;
    told = engine_->clock().steady();
    log.info(kLogger, "embedding passages", {{"done", std::to_string(done)}, {"of", all}});
  }
}

void ServerApp::report_ready(SteadyTime began) {
  const auto snapshot = engine_->index().snapshot();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(engine_->clock().steady() - began);
  engine_->log().info(kLogger, "ready",
                      {{"url", url_},
                       {"articles", std::to_string(snapshot->article_count())},
                       {"chunks", std::to_string(snapshot->chunk_count())},
                       {"load_ms", std::to_string(took.count())},
                       {"answers", engine_->chat_model().name()}});
}

asio::awaitable<void> ServerApp::watch_storage() {
  bool was_away = false;
  while (phase_ == Phase::kReady) {
    co_await wait(kWatchEvery);
    const std::string trouble = engine_->storage().trouble();
    if (trouble.empty() == !was_away) continue;
    was_away = !trouble.empty();
    if (was_away) {
      engine_->log().warning(kLogger, "the store is away; answers come from memory, webhooks are kept here",
                             {{"reason", trouble}});
    } else {
      engine_->log().info(kLogger, "the store is back");
      engine_->worker().notify();
    }
  }
}

void ServerApp::begin_stop() {
  if (phase_ == Phase::kStopping) return;
  phase_ = Phase::kStopping;
  cancel_pauses();
  asio::co_spawn(engine_->executors().io(), stop(), asio::detached);
}

asio::awaitable<void> ServerApp::drain_requests() {
  co_await server_->drain(settings_.shutdown_grace);
  drained_ = true;
  cancel_pauses();
}

asio::awaitable<void> ServerApp::close_storage(std::chrono::milliseconds drain) {
  auto close = [this, drain]() -> Result<bool> { return engine_->storage().close(drain); };
  const Result<bool> closed = co_await runtime::offload(engine_->executors().cpu(), std::move(close));
  if (closed && *closed) co_return;
  // Threads may be out in a driver that waits for a server, and nothing brings them back.
  engine_->log().error(kLogger, "stopped without every connection to the store being closed");
  std::_Exit(kExitUnclosed);
}

asio::awaitable<void> ServerApp::stop() {
  // First, so that whoever reads "stopping" finds the port closed.
  server_->stop_accepting();
  engine_->log().info(kLogger, "stopping", {{"grace_ms", std::to_string(settings_.shutdown_grace.count())}});
  const bool local = engine_->storage().is_local();
  // Streams may go on for the grace: they need the store no more.
  const Deadline store_deadline = Deadline::after(
      engine_->clock(), local ? settings_.shutdown_grace
                              : settings_.mongo_drain - std::min(settings_.mongo_drain / 4, kCutReserve));
  const auto left = [&] { return store_deadline.left(engine_->clock().steady()); };
  asio::co_spawn(engine_->executors().io(), drain_requests(), asio::detached);
  sync::Reconciler* const reconciler = engine_->reconciler();
  if (reconciler != nullptr) asio::co_spawn(engine_->executors().io(), reconciler->stop(), asio::detached);
  if (!drained_) co_await wait(left());
  co_await engine_->question_log().drain(left());
  if (local) {
    co_await engine_->worker().stop(kForever);
  } else if (!co_await engine_->worker().stop(left())) {
    engine_->log().warning(kLogger, "a job is under way still; it runs again at the next start");
  }
  co_await close_storage(left());
  if (reconciler != nullptr) co_await reconciler->stop();
  co_await engine_->worker().stop(kForever);
  while (!drained_) co_await wait(settings_.shutdown_grace);
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
  if (!is_settled_ && failure) failure_ = std::move(failure);
  is_settled_ = true;
  settled_.notify_all();
}

}  // namespace wellspring::app
