#pragma once

#include <chrono>
#include <string>

#include "mongo/driver/pools.hpp"

namespace wellspring::testing {

struct Close {
  bool closed = false;
  std::chrono::milliseconds took{0};
  int done = 0;     ///< operations before and during the close
  int failed = 0;   ///< otherwise than by being told that the pool closes
  std::string why;  ///< of one that failed
};

/// Closes the pools while `threads` find without pause, which they do until they are told.
Close close_under_load(mongo::driver::Pools& pools, int threads, std::chrono::milliseconds drain);

}  // namespace wellspring::testing
