#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mongo/pool_state.hpp"

namespace wellspring::mongo {

/// One pool at one moment.
struct PoolReport {
  PoolOptions options;
  PoolCounts counts;
  PoolTotals totals;
  PoolState::Phase phase{};
  bool server_is_lost = false;
  std::uint32_t generation = 0;
  std::chrono::milliseconds oldest_wait{0};
  std::chrono::milliseconds oldest_lease{0};
  std::chrono::milliseconds below_min{0};
  std::string last_error;  ///< may be old
  std::vector<PoolState::Holder> holders;
  PoolUsage usage;
};

/// paused, ready, draining or closed.
inline std::string_view state_name(const PoolReport& pool) {
  using Phase = PoolState::Phase;
  if (pool.phase == Phase::kClosed) return pool.counts.total() > 0 ? "draining" : "closed";
  return pool.phase == Phase::kPaused || pool.server_is_lost ? "paused" : "ready";
}

}  // namespace wellspring::mongo
