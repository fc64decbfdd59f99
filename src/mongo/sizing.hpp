#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mongo/pool_options.hpp"

namespace wellspring::mongo {

/// How a pool was used since its start.
struct PoolUsage {
  std::vector<std::chrono::duration<double>> time_in_use;  ///< by how many leases were out; from 0
  std::uint64_t acquired = 0;
  std::uint64_t waited = 0;     ///< of these, after a wait for somebody else's connection or a fresh one
  std::uint64_t timed_out = 0;  ///< got none in time
};

/// Sizes that would have served the use seen so far.
struct SizeAdvice {
  std::size_t min_size = 0;
  std::size_t max_size = 0;
  std::string why;
};

/// The minimum covers what was in use 95 % of the busy time, so that ordinary load opens nothing. The maximum
/// leaves half again above the peak; while more than 1 in 100 waited at the present maximum, or anybody got
/// none in time, it grows by half. Before ten minutes and a thousand leases there is no advice: the sizes
/// stay.
SizeAdvice advise_sizes(const PoolOptions& options, const PoolUsage& usage);

}  // namespace wellspring::mongo
