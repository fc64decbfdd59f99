#pragma once

#include <condition_variable>
#include <mutex>

// clang's thread-safety analysis (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html); nothing elsewhere.
#if defined(__clang__)
#define WELLSPRING_TSA(x) __attribute__((x))
#else
#define WELLSPRING_TSA(x)
#endif
#define WELLSPRING_GUARDED_BY(x) WELLSPRING_TSA(guarded_by(x))
#define WELLSPRING_REQUIRES(...) WELLSPRING_TSA(requires_capability(__VA_ARGS__))

namespace wellspring {

/// std::mutex that the analysis understands. The only mutex our classes hold.
class WELLSPRING_TSA(capability("mutex")) Mutex {
 public:
  void lock() WELLSPRING_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() WELLSPRING_TSA(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class WELLSPRING_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) WELLSPRING_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() WELLSPRING_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits on a Mutex: `while (!ready_) condition_.wait(mutex_);`
class Condition {
 public:
  void wait(Mutex& mutex) WELLSPRING_REQUIRES(mutex) { condition_.wait(mutex); }
  template <class Duration>
  bool wait_for(Mutex& mutex, Duration limit) WELLSPRING_REQUIRES(mutex) {
    return condition_.wait_for(mutex, limit) == std::cv_status::no_timeout;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace wellspring
