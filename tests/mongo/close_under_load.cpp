#include "close_under_load.hpp"

#include <array>
#include <atomic>
#include <thread>

#include "world.hpp"

namespace wellspring::testing {
namespace {

constexpr int kDoneBefore = 500;

}  // namespace

Close close_under_load(Pools& pools, int threads, std::chrono::milliseconds drain) {
  const std::array<MongoPool*, 3> all{&pools.vector(), &pools.app(), &pools.sources()};
  std::atomic<int> done = 0, failed = 0;
  std::vector<std::jthread> load;
  for (int thread = 0; thread < threads; ++thread) {
    load.emplace_back([&, pool = all[static_cast<std::size_t>(thread) % all.size()]] {
      for (;;) {
        const auto error = find_one(*pool);
        if (error && error->kind == ErrorKind::kCancelled) return;
        ++(error ? failed : done);
      }
    });
  }
  while (done < kDoneBefore) std::this_thread::yield();
  const SteadyTime start = std::chrono::steady_clock::now();
  Close close;
  close.closed = pools.close(drain, 1s);
  close.took = since(start);
  load.clear();
  close.done = done;
  close.failed = failed;
  return close;
}

}  // namespace wellspring::testing
