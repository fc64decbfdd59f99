#pragma once

#include <chrono>
#include <functional>

#include "base/mutex.hpp"
#include "fake_mongod/ledger.hpp"

namespace wellspring::testing {

/// A Ledger that one thread writes and any thread reads or waits on. Thread-safe.
class SharedLedger {
 public:
  explicit SharedLedger(bool advertises_topology_version) : ledger_(advertises_topology_version) {}

  template <class Change>
  void record(Change change) {
    {
      const MutexLock lock(mutex_);
      change(ledger_);
    }
    changed_.notify_all();
  }

  Ledger snapshot() const {
    const MutexLock lock(mutex_);
    return ledger_;
  }

  template <class Query>
  auto read(Query query) const {
    const MutexLock lock(mutex_);
    return query(static_cast<const Ledger&>(ledger_));
  }

  /// False when `limit` passed first. The predicate runs under the lock, after every change.
  bool wait_until(const std::function<bool(const Ledger&)>& predicate, std::chrono::milliseconds limit) const;

 private:
  mutable Mutex mutex_;
  mutable Condition changed_;
  Ledger ledger_ WELLSPRING_GUARDED_BY(mutex_);
};

}  // namespace wellspring::testing
