#include "mongo/keeper.hpp"

#include <algorithm>

namespace wellspring::mongo {

Keeper::Keeper(const Clock& clock) : clock_(clock), thread_([this] { run(); }) {}

Keeper::~Keeper() {
  const MutexLock lock(sleep_mutex_);
  stopping_ = true;
  called_.notify_one();
}

void Keeper::add(Tended& tended) {
  {
    const MutexLock lock(round_mutex_);
    all_.push_back(&tended);
  }
  wake();
}

void Keeper::remove(Tended& tended) {
  const MutexLock lock(round_mutex_);
  std::erase(all_, &tended);
}

void Keeper::wake() {
  const MutexLock lock(sleep_mutex_);
  awake_ = true;
  called_.notify_one();
}

SteadyTime Keeper::round() {
  const MutexLock lock(round_mutex_);
  SteadyTime due = SteadyTime::max();
  for (Tended* const tended : all_) due = std::min(due, tended->tend(clock_.steady()));
  return due;
}

void Keeper::run() {
  for (;;) {
    const SteadyTime due = round();
    const MutexLock lock(sleep_mutex_);
    while (!awake_ && !stopping_) {
      const SteadyTime now = clock_.steady();
      if (now >= due) break;
      if (due == SteadyTime::max()) {
        called_.wait(sleep_mutex_);
      } else {
        called_.wait_for(sleep_mutex_, due - now);
      }
    }
    if (stopping_) return;
    awake_ = false;
  }
}

}  // namespace wellspring::mongo
