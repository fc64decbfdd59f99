#pragma once

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "app/engine.hpp"
#include "base/mutex.hpp"
#include "http/request_limits.hpp"
#include "http/server.hpp"
#include "http/services.hpp"
#include "store/token_file.hpp"

namespace wellspring::app {

enum class Signals { kIgnore, kStop };

/// The serving process: an Engine with HTTP on top, from open port to ordered stop.
class ServerApp {
 public:
  /// Opens the data directory, the model and the port. Errors: those of Engine::open and of listening.
  static Result<std::unique_ptr<ServerApp>> open(const config::Settings& settings, const Clock& clock,
                                                 obs::Log& log);
  ~ServerApp();
  ServerApp(const ServerApp&) = delete;
  ServerApp& operator=(const ServerApp&) = delete;

  /// Fills the index, starts the worker, serves until stopped and closes in order: no new connections;
  /// requests and streams finish or are ended; the job under way finishes, the rest stays queued. With kStop,
  /// SIGTERM and SIGINT stop it and a second one ends the process. Returns why it could not start.
  Result<void> run(Signals signals);
  /// Any thread.
  void request_stop();
  /// Any thread. Waits until it is ready or has failed.
  Result<void> wait_ready();
  const std::string& url() const { return url_; }

 private:
  enum class Phase { kStarting, kReady, kStopping };

  ServerApp(const config::Settings& settings, sync::SignatureRules webhooks, std::unique_ptr<Engine> engine);
  Result<void> listen();
  void warn_of_unsigned_webhooks();
  http::Readiness readiness() const;
  void await_signal(boost::asio::signal_set& set);
  boost::asio::awaitable<void> start();
  /// Tries until it works, cannot work, or the server stops.
  boost::asio::awaitable<Result<void>> load();
  /// A stop ends it.
  boost::asio::awaitable<void> wait(std::chrono::milliseconds time);
  void cancel_pauses();
  /// Notices that the store went away and came back.
  boost::asio::awaitable<void> watch_storage();
  /// Embeds what is served without a vector, between the worker's jobs.
  /// Now and every hour, while the server is ready.
  boost::asio::awaitable<void> forget_old_questions();
  boost::asio::awaitable<void> embed_the_rest();
  void report_ready(SteadyTime began);
  void begin_stop();
  boost::asio::awaitable<void> stop();
  boost::asio::awaitable<void> drain_requests();
  /// Ends the store's connections; ends the process where they do not end.
  boost::asio::awaitable<void> close_storage(std::chrono::milliseconds drain);
  void settle(std::optional<Error> failure);

  const config::Settings settings_;
  std::unique_ptr<Engine> engine_;
  store::TokenWatch tokens_;            // server_ borrows it
  http::RequestLimits request_limits_;  // services_ borrows it
  const http::Services services_;       // the routes inside server_ borrow it
  std::unique_ptr<http::Server> server_;
  std::string url_;
  std::atomic<Phase> phase_{Phase::kStarting};
  bool drained_ = false;                          ///< no request is under way any more; on io
  std::list<boost::asio::steady_timer*> pauses_;  ///< of wait(); on io

  Mutex mutex_;
  Condition settled_;
  bool is_settled_ WELLSPRING_GUARDED_BY(mutex_) = false;
  std::optional<Error> failure_ WELLSPRING_GUARDED_BY(mutex_);
};

}  // namespace wellspring::app
