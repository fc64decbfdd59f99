#include "http/limit/admission_log.hpp"

namespace wellspring::http {
namespace {

constexpr std::size_t kFirstCapacity = 4;

}  // namespace

SteadyTime AdmissionLog::free_at(const RateLimits& limits) const {
  SteadyTime free = SteadyTime::min();
  if (limits.per_minute != 0 && size_ >= limits.per_minute)
    free = std::max(free, nth_newest(limits.per_minute) + kMinute);
  if (limits.per_hour != 0 && size_ >= limits.per_hour)
    free = std::max(free, nth_newest(limits.per_hour) + kHour);
  return free;
}

std::size_t AdmissionLog::growth(std::size_t look_back) const {
  if (size_ < ring_.size() || ring_.size() >= look_back) return 0;
  return std::min(look_back, std::max(kFirstCapacity, 2 * ring_.size())) - ring_.size();
}

void AdmissionLog::add(SteadyTime now, std::size_t look_back) {
  if (const std::size_t more = growth(look_back); more != 0) {
    // Full, so the oldest stands where the next one would go.
    std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(next_), ring_.end());
    next_ = ring_.size();
    ring_.resize(ring_.size() + more);
  }
  ring_[next_] = now;
  next_ = (next_ + 1) % ring_.size();
  size_ = std::min(size_ + 1, ring_.size());
}

}  // namespace wellspring::http
