#include "runtime/crew.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>

namespace wellspring::runtime {
namespace {

using namespace std::chrono_literals;

/// True once the crew has so many threads, within a limit.
bool comes_to(const Crew& crew, std::size_t threads) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (crew.threads() != threads) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(CrewTest, WorkThatSleepsGetsAThreadEachUpToTheLimit) {
  std::latch all_asleep(4);
  std::latch wake(1);
  std::atomic<int> done = 0;
  {
    Crew crew(4);
    EXPECT_EQ(crew.threads(), 0U);
    for (int i = 0; i < 4; ++i) {
      crew.post([&] {
        all_asleep.count_down();
        wake.wait();
        ++done;
      });
    }
    all_asleep.wait();
    crew.post([&] { ++done; });
    EXPECT_EQ(crew.threads(), 4U) << "the fifth waits";
    EXPECT_EQ(done, 0);
    wake.count_down();
  }
  EXPECT_EQ(done, 5) << "what is queued is done before the end";
}

TEST(CrewTest, ThreadsGoWhenThereIsNoWork) {
  Crew crew(4, 1ms);
  std::latch done(8);
  for (int i = 0; i < 8; ++i) crew.post([&] { done.count_down(); });
  done.wait();
  EXPECT_TRUE(comes_to(crew, 0));
  std::latch again(1);
  crew.post([&] { again.count_down(); });
  again.wait();
}

TEST(CrewTest, WorkIsDestroyedOutsideTheLock) {
  struct Reposts {
    Crew& crew;
    std::latch& done;
    ~Reposts() {
      crew.post([this_done = &done] { this_done->count_down(); });
    }
  };
  std::latch done(1);
  Crew crew(1);
  crew.post([held = std::make_shared<Reposts>(crew, done)] {});
  done.wait();
}

}  // namespace
}  // namespace wellspring::runtime
