#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "http/message.hpp"

namespace wellspring::http {

/// Between a stream's producer and the socket: at most `bytes_max` wait, then the producer does. Both sides
/// run on one thread.
class StreamBuffer final : public BodyWriter {
 public:
  StreamBuffer(const boost::asio::any_io_executor& executor, std::size_t bytes_max);

  boost::asio::awaitable<Result<void>> write(std::string bytes) override;

  /// All that is queued, as soon as there is some; empty after `silence` without any; nothing once finished
  /// and emptied.
  boost::asio::awaitable<std::optional<std::string>> take(std::chrono::milliseconds silence);
  /// Nothing more comes but `tail`. Never waits.
  void finish(std::string tail);
  /// The reader is gone: drops what is queued; writes fail from now on.
  void break_off();
  bool broken() const { return broken_; }

 private:
  boost::asio::steady_timer has_bytes_;
  boost::asio::steady_timer has_space_;
  std::size_t bytes_max_;
  std::string queued_;
  bool finished_ = false;
  bool broken_ = false;
};

}  // namespace wellspring::http
