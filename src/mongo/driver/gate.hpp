#pragma once

#include <map>
#include <string>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace wellspring::mongo::driver {

/// Lets few handshakes of a pool through at a time. The operations under way when a server goes away connect
/// again inside libmongoc, past any limit of the pool's own: after one of their sockets died, a single
/// attempt is let through until one succeeds, and after an attempt failed nobody tries that host for a
/// moment, for libmongoc then calls the server unknown anyway and its monitor looks for it. Thread-safe.
class Gate {
 public:
  /// libmongoc's monitor does not look more often either.
  static constexpr std::chrono::milliseconds kPauseAfterFailure{500};

  enum class Entry { kOpen, kFull, kJustFailed };

  explicit Gate(std::size_t most) : most_(most) {}

  /// kFull when it still is at `until`. Every kOpen is followed by one succeeded() or failed().
  Entry enter(const std::string& host, SteadyTime until) {
    const MutexLock lock(mutex_);
    for (;;) {
      const SteadyTime now = std::chrono::steady_clock::now();
      if (const auto failed = failed_.find(host);
          failed != failed_.end() && now - failed->second < kPauseAfterFailure)
        return Entry::kJustFailed;
      if (inside_ < (suspicious_ ? 1 : most_)) break;
      if (now >= until) return Entry::kFull;
      changed_.wait_for(mutex_, until - now);
    }
    ++inside_;
    return Entry::kOpen;
  }
  void succeeded(const std::string& host) {
    const MutexLock lock(mutex_);
    --inside_;
    suspicious_ = false;
    failed_.erase(host);
    changed_.notify_all();
  }
  void failed(const std::string& host) {
    const MutexLock lock(mutex_);
    --inside_;
    failed_[host] = std::chrono::steady_clock::now();
    changed_.notify_all();
  }
  /// A socket in use died.
  void suspect() {
    const MutexLock lock(mutex_);
    suspicious_ = true;
  }
  /// The monitor has found a server.
  void forget_failures() {
    const MutexLock lock(mutex_);
    failed_.clear();
  }

 private:
  const std::size_t most_;
  Mutex mutex_;
  Condition changed_;
  std::size_t inside_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  bool suspicious_ WELLSPRING_GUARDED_BY(mutex_) = false;
  std::map<std::string, SteadyTime> failed_ WELLSPRING_GUARDED_BY(mutex_);  ///< by "host:port"
};

}  // namespace wellspring::mongo::driver
