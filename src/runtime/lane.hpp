#pragma once

#include <boost/assert/source_location.hpp>
#include <functional>

#include "base/result.hpp"

namespace wellspring::runtime {

/// A way for coroutines to work that blocks on one resource. Who has to wait for the resource waits suspended
/// and costs no thread. Thread-safe.
class Lane {
 public:
  /// Success, or why there is no way in: the work must then not touch the resource.
  using Work = std::function<void(const Result<void>& entered)>;

  virtual ~Lane() = default;
  /// Calls `work` exactly once, later, on a thread that may sleep. Does not block.
  /// `site`: who asks, for messages about who keeps the resource busy.
  virtual void enter(Work work, boost::source_location site) = 0;
};

}  // namespace wellspring::runtime
