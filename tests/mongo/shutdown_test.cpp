// Scenario 16: the pools are closed under load, in both layouts. The whole program's end is tested by
// tests/functional/test_mongo.py.
#include <fmt/format.h>

#include "close_under_load.hpp"
#include "world.hpp"

namespace wellspring::testing {
namespace {

class ShutdownTest : public ::testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(Layouts, ShutdownTest, ::testing::Values(Layout::kSplit, Layout::kShared),
                         [](const auto& layout) {
                           return layout.param == Layout::kSplit ? "Split" : "Shared";
                         });

TEST_P(ShutdownTest, Scenario16CloseUnderLoad) {
  PoolsOptions options;
  options.layout = GetParam();
  World world(options);
  ASSERT_TRUE(world.warm());
  world.server.add_fault(delay_of("find", 5ms));
  const std::chrono::milliseconds drain = is_slowed() ? 5s : 2s;
  const Close close = close_under_load(*world.pools, 64, drain);
  EXPECT_TRUE(close.closed);
  EXPECT_LE(close.took, drain + 200ms);
  EXPECT_EQ(close.failed, 0) << "who was under way ends well, who comes later is told: " << close.why;
  // The server learns of the last socket's end a moment after it was closed.
  EXPECT_TRUE(
      world.server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, 100ms));
  const Ledger ledger = world.server.snapshot();
  EXPECT_GT(ledger.sessions_seen(), 0U);
  EXPECT_EQ(ledger.sessions_ended(), ledger.sessions_seen());
  EXPECT_EQ(ledger.resets(), 0U);
  figure(GetParam() == Layout::kSplit ? "16" : "16 (shared)",
         fmt::format(
             "64 threads, {} operations: closed after {} ms, failed {}, C=0, M=0, sessions ended {} of {}, "
             "resets {}",
             close.done, close.took.count(), close.failed, ledger.sessions_ended(), ledger.sessions_seen(),
             ledger.resets()));
}

}  // namespace
}  // namespace wellspring::testing
