#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "base/clock.hpp"

namespace wellspring::http {

/// How many may be let in within any 60 seconds and within any hour. 0: without limit.
struct RateLimits {
  std::size_t per_minute = 0;
  std::size_t per_hour = 0;

  bool unlimited() const { return per_minute == 0 && per_hour == 0; }
  std::size_t look_back() const { return std::max(per_minute, per_hour); }
};

inline constexpr std::chrono::minutes kMinute{1};
inline constexpr std::chrono::hours kHour{1};

/// The moments at which one subject was let in: as many of the newest as the limits look back. The n-th
/// newest of them decides a window of n, so both windows slide exactly and a look costs the same however many
/// there are. Pure.
class AdmissionLog {
 public:
  /// The first moment at which another one may be let in; in the past when that is now.
  SteadyTime free_at(const RateLimits& limits) const;
  /// Times never go back. `look_back` is that of the limits: above 0, always the same.
  void add(SteadyTime now, std::size_t look_back);

  bool empty() const { return size_ == 0; }
  /// Of a log that is not empty.
  SteadyTime newest() const { return nth_newest(1); }
  /// Moments there is room for.
  std::size_t capacity() const { return ring_.size(); }
  /// By how much the next add() raises the capacity.
  std::size_t growth(std::size_t look_back) const;

 private:
  SteadyTime nth_newest(std::size_t n) const { return ring_[(next_ + ring_.size() - n) % ring_.size()]; }

  std::vector<SteadyTime> ring_;
  std::size_t next_ = 0;  ///< where the next moment goes
  std::size_t size_ = 0;
};

}  // namespace wellspring::http
