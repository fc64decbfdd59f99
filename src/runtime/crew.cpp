#include "runtime/crew.hpp"

#include <utility>

namespace wellspring::runtime {

Crew::Crew(std::size_t most, std::chrono::milliseconds linger) : most_(most), linger_(linger) {}

Crew::~Crew() {
  Threads all;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (;;) {
    {
      const MutexLock lock(mutex_);
      while (ended_.empty() && !working_.empty()) changed_.wait(mutex_);
      all.splice(all.end(), ended_);
    }
    if (all.empty()) return;
    for (std::thread& thread : std::exchange(all, {})) thread.join();
  }
}

void Crew::post(std::function<void()> work) {
  Threads ended;
  {
    const MutexLock lock(mutex_);
    queue_.push_back(std::move(work));
    if (queue_.size() > free_ && working_.size() < most_) {
      const auto self = working_.emplace(working_.end());
      *self = std::thread([this, self] { run(self); });
    } else {
      changed_.notify_one();
    }
    ended.splice(ended.end(), ended_);
  }
  for (std::thread& thread : ended) thread.join();
}

std::size_t Crew::threads() const {
  const MutexLock lock(mutex_);
  return working_.size();
}

/// False when it is time to go.
bool Crew::wait_for_work() {
  const auto until = std::chrono::steady_clock::now() + linger_;
  ++free_;
  while (queue_.empty() && !stopping_) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) break;
    changed_.wait_for(mutex_, until - now);
  }
  --free_;
  return !queue_.empty();
}

void Crew::run(Threads::iterator self) {
  mutex_.lock();
  while (wait_for_work()) {
    {
      const std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      mutex_.unlock();
      work();
    }
    mutex_.lock();
  }
  ended_.splice(ended_.end(), working_, self);
  changed_.notify_all();
  mutex_.unlock();
}

}  // namespace wellspring::runtime
