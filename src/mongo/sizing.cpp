#include "mongo/sizing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace wellspring::mongo {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kLeastTime{600};
constexpr std::uint64_t kLeastLeases = 1'000;
constexpr double kCovered = 0.95;
constexpr double kTolerableWaits = 0.01;

std::size_t peak_of(const PoolUsage& usage) {
  std::size_t peak = usage.time_in_use.empty() ? 0 : usage.time_in_use.size() - 1;
  while (peak > 0 && usage.time_in_use[peak].count() <= 0) --peak;
  return peak;
}

/// The level at or below which the pool was for `kCovered` of the time in which anything was in use.
std::size_t ordinary_level(const PoolUsage& usage, std::size_t peak) {
  Seconds busy{0};
  for (std::size_t level = 1; level <= peak; ++level) busy += usage.time_in_use[level];
  Seconds below{0};
  for (std::size_t level = 1; level <= peak; ++level) {
    below += usage.time_in_use[level];
    if (below >= busy * kCovered) return level;
  }
  return peak;
}

std::size_t half_again(std::size_t size) {
  return size + (size + 1) / 2;
}

}  // namespace

SizeAdvice advise_sizes(const PoolOptions& options, const PoolUsage& usage) {
  const Seconds observed = std::accumulate(usage.time_in_use.begin(), usage.time_in_use.end(), Seconds{0});
  if (observed < kLeastTime || usage.acquired < kLeastLeases) {
    return {options.min_size, options.max_size,
            fmt::format("keep: {} leases in {:.0f} s are too few to judge by ({} in {:.0f} s are wanted)",
                        usage.acquired, observed.count(), kLeastLeases, kLeastTime.count())};
  }
  const std::size_t peak = peak_of(usage);
  const std::size_t ordinary = std::max<std::size_t>(1, ordinary_level(usage, peak));
  const double waited = static_cast<double>(usage.waited) / static_cast<double>(usage.acquired);
  const bool starved = usage.timed_out > 0 || (peak >= options.max_size && waited > kTolerableWaits);
  const std::size_t max = starved ? half_again(options.max_size) : std::max(half_again(peak), ordinary + 1);
  return {
      ordinary, max,
      fmt::format("{} were in use for 95 % of the busy time and {} at the peak, in {:.0f} s; of {} leases "
                  "{:.1f} % waited and {} got none in time{}",
                  ordinary, peak, observed.count(), usage.acquired, 100 * waited, usage.timed_out,
                  starved ? ": the maximum is too small" : "")};
}

}  // namespace wellspring::mongo
