#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace wellspring {

/// A clock for tests: stands still until advanced. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = Timestamp{std::chrono::hours{24 * 365 * 55}}) : start_(start) {}
  Timestamp wall() const override { return start_ + offset(); }
  SteadyTime steady() const override { return SteadyTime{std::chrono::hours{1}} + offset(); }
  void advance(std::chrono::milliseconds by) { elapsed_ms_ += by.count(); }

 private:
  std::chrono::milliseconds offset() const { return std::chrono::milliseconds{elapsed_ms_.load()}; }
  Timestamp start_;
  std::atomic<std::chrono::milliseconds::rep> elapsed_ms_{0};
};

}  // namespace wellspring
