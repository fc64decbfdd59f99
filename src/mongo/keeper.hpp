#pragma once

#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "runtime/service_thread.hpp"

namespace wellspring::mongo {

/// Something that has work at certain times.
class Tended {
 public:
  virtual ~Tended() = default;
  /// Does what is due; says when to come again at the latest.
  virtual SteadyTime tend(SteadyTime now) = 0;
};

/// The one maintenance thread of all pools. Thread-safe; add() and remove() wait for a round under way.
class Keeper {
 public:
  explicit Keeper(const Clock& clock);
  ~Keeper();
  void add(Tended& tended);
  void remove(Tended& tended);
  /// Comes round at once.
  void wake();

 private:
  void run();
  SteadyTime round();

  const Clock& clock_;
  Mutex round_mutex_;
  std::vector<Tended*> all_ WELLSPRING_GUARDED_BY(round_mutex_);
  Mutex sleep_mutex_;
  Condition called_;
  bool awake_ WELLSPRING_GUARDED_BY(sleep_mutex_) = false;
  bool stopping_ WELLSPRING_GUARDED_BY(sleep_mutex_) = false;
  runtime::ServiceThread thread_;  // last: runs with all of the above
};

}  // namespace wellspring::mongo
