#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace wellspring::mongo::driver {

/// What all sockets of a pool share.
struct SocketBooks {
  std::atomic<std::uint64_t> opened{0};
  std::atomic<std::uint64_t> closed{0};
};

/// Lets few through at a time. Thread-safe.
class Gate {
 public:
  explicit Gate(std::size_t most) : free_(most) {}
  /// False when it is still full at `until`.
  bool enter(SteadyTime until) {
    const MutexLock lock(mutex_);
    while (free_ == 0) {
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= until) return false;
      opened_.wait_for(mutex_, until - now);
    }
    --free_;
    return true;
  }
  void leave() {
    const MutexLock lock(mutex_);
    ++free_;
    opened_.notify_one();
  }

 private:
  Mutex mutex_;
  Condition opened_;
  std::size_t free_ WELLSPRING_GUARDED_BY(mutex_);
};

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

  /// Ends what this connection is doing or will begin to do.
  void cut(std::uint64_t connection);
  bool is_cut() const {
    const MutexLock lock(mutex_);
    return cut_ != 0 && cut_ == connection_;
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
  mutable Mutex mutex_;
  std::uint64_t connection_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::uint64_t cut_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  int socket_ WELLSPRING_GUARDED_BY(mutex_) = -1;
};

}  // namespace wellspring::mongo::driver
