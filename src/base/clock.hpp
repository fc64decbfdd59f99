#pragma once

#include <chrono>

#include "base/timestamp.hpp"

namespace wellspring {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The only source of time outside tests. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp wall() const = 0;
  virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp wall() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

/// A moment by which something must be done. Passed down by value; each await and store call takes what is
/// left.
class Deadline {
 public:
  explicit Deadline(SteadyTime at) : at_(at) {}
  static Deadline after(const Clock& clock, std::chrono::milliseconds budget) {
    return Deadline(clock.steady() + budget);
  }
  SteadyTime at() const { return at_; }
  std::chrono::milliseconds left(SteadyTime now) const {
    return now >= at_ ? std::chrono::milliseconds{0}
                      : std::chrono::ceil<std::chrono::milliseconds>(at_ - now);
  }

 private:
  SteadyTime at_;
};

}  // namespace wellspring
