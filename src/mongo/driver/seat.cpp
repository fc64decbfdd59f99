#include "mongo/driver/seat.hpp"

#include <poll.h>
#include <sys/socket.h>

namespace wellspring::mongo::driver {

void Seat::cut(std::uint64_t connection) {
  const MutexLock lock(mutex_);
  cut_ = connection;
  if (connection_ == connection && socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

bool Seat::is_alive() const {
  const MutexLock lock(mutex_);
  if (socket_ < 0) return false;
  pollfd look{.fd = socket_, .events = POLLIN, .revents = 0};
  return ::poll(&look, 1, 0) == 0;
}

void Seat::attach(int socket) {
  const MutexLock lock(mutex_);
  socket_ = socket;
  books_.opened();
}

void Seat::detach(int socket) {
  const MutexLock lock(mutex_);
  if (socket_ == socket) socket_ = -1;
  books_.closed();
}

}  // namespace wellspring::mongo::driver
