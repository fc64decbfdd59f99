#include "close_under_load.hpp"

#include <array>
#include <atomic>
#include <thread>

#include "world.hpp"

namespace wellspring::testing {
namespace {

constexpr int kDoneBefore = 500;
constexpr auto kPatience = 60s;  // with a slow server

}  // namespace

Close close_under_load(Pools& pools, int threads, std::chrono::milliseconds drain) {
  const std::array<MongoPool*, 3> all{&pools.vector(), &pools.app(), &pools.sources()};
  std::atomic<int> done = 0;
  Mutex mutex;
  Close close;
  std::vector<std::jthread> load;
  for (int thread = 0; thread < threads; ++thread) {
    load.emplace_back([&, pool = all[static_cast<std::size_t>(thread) % all.size()]] {
      for (;;) {
        const auto error = find_one(*pool, 1, in(kPatience));
        if (error && error->kind == ErrorKind::kCancelled) return;
        if (error) {
          const MutexLock lock(mutex);
          ++close.failed;
          close.why = error->message;
        } else {
          ++done;
        }
      }
    });
  }
  while (done < kDoneBefore) std::this_thread::yield();
  const SteadyTime start = std::chrono::steady_clock::now();
  const bool closed = pools.close(drain, 1s);
  const auto took = since(start);
  load.clear();
  close.closed = closed;
  close.took = took;
  close.done = done;
  return close;
}

}  // namespace wellspring::testing
