#pragma once

#include <vector>

#include "mongo/driver/mongo_pool.hpp"

namespace wellspring::testing {

/// Options of a pool whose one connection many want.
void alone_with_no_limit(mongo::PoolOptions& pool);

struct Turns {
  int inversions = 0;     ///< grants out of the order of arrival
  double worst_wait = 0;  ///< the longest wait in units of what those before it held the connection
};

/// `waiters` want the pool's one connection besides its holder, who pings, releases and asks again at once,
/// `turns` times.
Turns take_turns(mongo::driver::MongoPool& pool, std::size_t waiters, int turns);

}  // namespace wellspring::testing
