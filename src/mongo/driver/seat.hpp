#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "mongo/driver/gate.hpp"
#include "mongo/driver/socket_books.hpp"

namespace wellspring::mongo::driver {

/// The place of one connection of a pool, through which its socket can be seen and cut from outside. The
/// socket of a client that talks to several servers is the last one opened. Thread-safe.
class Seat {
 public:
  Seat(SocketBooks& books, Gate& gate) : books_(books), gate_(gate) {}

  /// For the next connection in this place.
  void assign(std::uint64_t connection) {
    const MutexLock lock(mutex_);
    connection_ = connection;
  }
  /// The end of what the holder may take; handshakes have their own.
  void set_deadline(SteadyTime at) { deadline_ = at; }
  SteadyTime deadline() const { return deadline_; }

  /// How often something was sent over an established socket: what did not move this never reached a server.
  std::uint64_t sent() const { return sent_; }
  void note_sent() { sent_.fetch_add(1, std::memory_order_relaxed); }

  /// Ends what this connection is doing or will begin to do.
  void cut(std::uint64_t connection);
  bool is_cut() const {
    const MutexLock lock(mutex_);
    return cut_ != 0 && cut_ == connection_;
  }
  /// Has a socket, in whatever state.
  bool is_open() const {
    const MutexLock lock(mutex_);
    return socket_ >= 0;
  }
  /// Open and silent, by a look that does not block. A socket that can be read between two round trips was
  /// closed by the other side or has got out of step.
  bool is_alive() const;

  void attach(int socket);
  /// Before the socket is closed.
  void detach(int socket);

  SocketBooks& books() const { return books_; }
  Gate& gate() const { return gate_; }

 private:
  SocketBooks& books_;
  Gate& gate_;
  std::atomic<SteadyTime> deadline_{SteadyTime::max()};
  std::atomic<std::uint64_t> sent_{0};
  mutable Mutex mutex_;
  std::uint64_t connection_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::uint64_t cut_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  int socket_ WELLSPRING_GUARDED_BY(mutex_) = -1;
};

}  // namespace wellspring::mongo::driver
