#pragma once

#include "base/mutex.hpp"
#include "mongo/socket_report.hpp"

namespace wellspring::mongo::driver {

/// Keeps a SocketReport. Thread-safe.
class SocketBooks {
 public:
  void opened() {
    const MutexLock lock(mutex_);
    ++report_.opened;
  }
  void closed() {
    const MutexLock lock(mutex_);
    ++report_.closed;
  }
  void connected(std::chrono::duration<double> took) {
    const MutexLock lock(mutex_);
    report_.connect.observe(took);
  }
  void failed(ConnectStage stage) {
    const MutexLock lock(mutex_);
    ++report_.connect_failures[static_cast<std::size_t>(stage)];
  }
  SocketReport report() const {
    const MutexLock lock(mutex_);
    return report_;
  }

 private:
  mutable Mutex mutex_;
  SocketReport report_ WELLSPRING_GUARDED_BY(mutex_);
};

}  // namespace wellspring::mongo::driver
