#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "app/engine.hpp"
#include "http/server.hpp"

namespace wellspring::app {

enum class Signals { kIgnore, kStop };

/// The serving process: an Engine with HTTP on top, from open port to ordered stop. Everything below runs on the thread
/// in run(), except where said.
class ServerApp {
 public:
  /// Opens the data directory, the model and the port. Errors: those of Engine::open and of listening.
  static Result<std::unique_ptr<ServerApp>> open(const config::Settings& settings, const Clock& clock, obs::Log& log);
  ~ServerApp();
  ServerApp(const ServerApp&) = delete;
  ServerApp& operator=(const ServerApp&) = delete;

  /// Fills the index, starts the worker, serves until stopped and closes in order: no new connections; requests and streams
  /// finish or are ended; the job under way finishes; the rest stays queued. With kStop, SIGTERM and SIGINT
  /// stop it and a second one ends the process. Returns why it could not start or go on.
  Result<void> run(Signals signals);
  /// Any thread.
  void request_stop();
  /// Any thread. Waits until it is ready or has failed.
  Result<void> wait_ready();
  const std::string& url() const { return url_; }

 private:
  ServerApp(const config::Settings& settings, std::unique_ptr<Engine> engine);
  Result<void> listen();
  boost::asio::awaitable<void> start();
  boost::asio::awaitable<void> stop();
  boost::asio::awaitable<void> housekeeping();
  void begin_stop();
  void await_signals();
  void settle(std::optional<Error> failure);

  const config::Settings settings_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<http::Server> server_;
  std::string url_;
  std::atomic<bool> ready_{false};
  bool stopping_ = false;

  Mutex mutex_;
  Condition settled_;
  bool is_settled_ WELLSPRING_GUARDED_BY(mutex_) = false;
  std::optional<Error> failure_ WELLSPRING_GUARDED_BY(mutex_);
};

}  // namespace wellspring::app
