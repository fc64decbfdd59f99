#include "fake_mongod/shared_ledger.hpp"

namespace wellspring::testing {

bool SharedLedger::wait_until(const std::function<bool(const Ledger&)>& predicate,
                              std::chrono::milliseconds limit) const {
  const SteadyTime end = SystemClock().steady() + limit;
  const MutexLock lock(mutex_);
  while (!predicate(ledger_)) {
    const auto left = end - SystemClock().steady();
    if (left <= SteadyTime::duration::zero()) {
      return false;
    }
    changed_.wait_for(mutex_, left);
  }
  return true;
}

}  // namespace wellspring::testing
