#pragma once

#include <set>
#include <string>

#include "base/mutex.hpp"
#include "obs/log.hpp"

namespace wellspring::store::mongo {

/// Rows of other programs that do not make sense here: left out, counted, and told of once each. Thread-safe.
class BadRows {
 public:
  explicit BadRows(obs::Log& log) : log_(log) {}

  void tell(const std::string& collection, const std::string& row, const std::string& what) {
    const MutexLock lock(mutex_);
    if (told_.size() >= kRemembered || !told_.insert(collection + '/' + row).second) return;
    log_.warning("store.mongo", "a row is left out",
                 {{"collection", collection}, {"row", row}, {"reason", what}});
  }
  /// Different rows that were told of.
  std::size_t count() const {
    const MutexLock lock(mutex_);
    return told_.size();
  }

 private:
  static constexpr std::size_t kRemembered = 10'000;

  obs::Log& log_;
  mutable Mutex mutex_;
  std::set<std::string> told_ WELLSPRING_GUARDED_BY(mutex_);
};

}  // namespace wellspring::store::mongo
