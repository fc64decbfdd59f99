#include "http/stream_buffer.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace wellspring::http {

namespace asio = boost::asio;

StreamBuffer::StreamBuffer(const asio::any_io_executor& executor, std::size_t bytes_max)
    : has_bytes_(executor), has_space_(executor), bytes_max_(bytes_max) {}

asio::awaitable<Result<void>> StreamBuffer::write(std::string bytes) {
  while (!broken_ && !finished_ && queued_.size() >= bytes_max_) {
    boost::system::error_code woken;
    has_space_.expires_at(asio::steady_timer::time_point::max());
    co_await has_space_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  if (broken_ || finished_) co_return fail(ErrorKind::kCancelled, "write to a stream whose reader went away");
  queued_ += bytes;
  has_bytes_.cancel();
  co_return Result<void>{};
}

asio::awaitable<std::optional<std::string>> StreamBuffer::take(std::chrono::milliseconds silence) {
  while (queued_.empty()) {
    if (finished_ || broken_) co_return std::nullopt;
    boost::system::error_code woken;
    has_bytes_.expires_after(silence);
    co_await has_bytes_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (!woken && queued_.empty() && !finished_ && !broken_) co_return std::string();
  }
  std::string taken;
  taken.swap(queued_);
  has_space_.cancel();
  co_return taken;
}

void StreamBuffer::finish(std::string tail) {
  if (finished_ || broken_) return;
  queued_ += tail;
  finished_ = true;
  has_bytes_.cancel();
}

void StreamBuffer::break_off() {
  broken_ = true;
  queued_.clear();
  has_bytes_.cancel();
  has_space_.cancel();
}

}  // namespace wellspring::http
