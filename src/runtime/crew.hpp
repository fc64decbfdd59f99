#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <thread>

#include "base/mutex.hpp"

namespace wellspring::runtime {

/// Threads for work that sleeps: none at rest, one more for each piece of work that finds none free, up to a
/// limit, and gone again after a while without work. Thread-safe.
class Crew {
 public:
  explicit Crew(std::size_t most, std::chrono::milliseconds linger = std::chrono::seconds{10});
  /// Does what is queued, then joins.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Runs `work`, which must not throw, in its turn.
  void post(std::function<void()> work);
  std::size_t threads() const;

 private:
  using Threads = std::list<std::thread>;
  void run(Threads::iterator self);
  bool wait_for_work() WELLSPRING_REQUIRES(mutex_);

  const std::size_t most_;
  const std::chrono::milliseconds linger_;
  mutable Mutex mutex_;
  Condition changed_;
  std::deque<std::function<void()>> queue_ WELLSPRING_GUARDED_BY(mutex_);
  Threads working_ WELLSPRING_GUARDED_BY(mutex_);
  Threads ended_ WELLSPRING_GUARDED_BY(mutex_);  ///< to be joined
  std::size_t free_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  bool stopping_ WELLSPRING_GUARDED_BY(mutex_) = false;
};

}  // namespace wellspring::runtime
