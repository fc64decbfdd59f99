#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>

namespace wellspring::runtime {

struct ExecutorOptions {
  std::size_t cpu_threads = 2;       ///< embedding, search, chunking: one budget for the process
  std::size_t blocking_threads = 4;  ///< threads that may sleep in a database driver
};

/// The process's threads. `io` runs coroutines, sockets and timers on the thread that calls run_io(); it
/// never blocks. `cpu` computes; `background` is the share of the cpu budget that ingest may use (one thread
/// less, at least one), so that a question never queues behind an import. `blocking` may sleep. Destroy after
/// everything that posts to it.
class Executors {
 public:
  explicit Executors(const ExecutorOptions& options);
  ~Executors();
  Executors(const Executors&) = delete;
  Executors& operator=(const Executors&) = delete;

  boost::asio::io_context& io() { return io_; }
  boost::asio::thread_pool& cpu() { return cpu_; }
  boost::asio::thread_pool& background() { return background_; }
  boost::asio::thread_pool& blocking() { return blocking_; }

  /// Runs `io` on the calling thread until stop() or until it has no work.
  void run_io();
  /// Stops `io` and joins the pools after their queued work ran. Idempotent.
  void stop();

 private:
  boost::asio::io_context io_;
  boost::asio::thread_pool cpu_;
  boost::asio::thread_pool background_;
  boost::asio::thread_pool blocking_;
};

}  // namespace wellspring::runtime
