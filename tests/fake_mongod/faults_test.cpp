#include "fake_mongod/faults.hpp"

#include <gtest/gtest.h>

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;

TEST(FaultPlanTest, WithoutRulesEverythingIsAnswered) {
  FaultPlan plan;
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kAnswer);
  EXPECT_EQ(plan.judge("hello", "app").delay, 0ms);
}

TEST(FaultPlanTest, DelayConcernsItsCommandOnly) {
  FaultPlan plan;
  plan.add(delay_of("find", 100ms));
  plan.add(delay_of(kAnyCommand, 10ms));
  EXPECT_EQ(plan.judge("find", "app").delay, 110ms);
  EXPECT_EQ(plan.judge("insert", "app").delay, 10ms);
  EXPECT_EQ(plan.judge("hello", "app").delay, 0ms);
}

TEST(FaultPlanTest, WorkIsWhatTheApplicationAskedFor) {
  FaultPlan plan;
  plan.add(delay_of(kAnyWork, 10ms));
  EXPECT_EQ(plan.judge("find", "app").delay, 10ms);
  for (const char* command : {"hello", "ping", "endSessions"}) {
    EXPECT_EQ(plan.judge(command, "app").delay, 0ms) << command;
  }
}

TEST(FaultPlanTest, BlackHoleSwallowsHelloToo) {
  FaultPlan plan;
  plan.add(black_hole());
  EXPECT_EQ(plan.judge("hello", "app").effect, Effect::kIgnore);
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kIgnore);
}

TEST(FaultPlanTest, NthCountsMatchingRequestsOnly) {
  FaultPlan plan;
  plan.add(close_on_nth("find", 2));
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kAnswer);
  EXPECT_EQ(plan.judge("insert", "app").effect, Effect::kAnswer);
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kClose);
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kAnswer);
}

TEST(FaultPlanTest, ErrorsRunOut) {
  FaultPlan plan;
  plan.add(not_writable_primary(2));
  EXPECT_EQ(plan.judge("find", "app").error_code, 10107);
  EXPECT_EQ(plan.judge("find", "app").error_name, "NotWritablePrimary");
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kAnswer);
}

TEST(FaultPlanTest, RuleOfAnApplicationLeavesOthersAlone) {
  FaultPlan plan;
  FaultRule rule = black_hole();
  rule.app_name = "wellspring:vector";
  plan.add(rule);
  EXPECT_EQ(plan.judge("find", "wellspring:app").effect, Effect::kAnswer);
  EXPECT_EQ(plan.judge("find", "wellspring:vector").effect, Effect::kIgnore);
}

TEST(FaultPlanTest, FirstEffectWins) {
  FaultPlan plan;
  plan.add(shutdown_in_progress(1));
  plan.add(black_hole());
  EXPECT_EQ(plan.judge("find", "app").error_code, 91);
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kIgnore);
}

TEST(FaultPlanTest, RemovedRuleIsGone) {
  FaultPlan plan;
  const int first = plan.add(black_hole());
  plan.add(delay_of("find", 5ms));
  plan.remove(first);
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kAnswer);
  EXPECT_EQ(plan.judge("find", "app").delay, 5ms);
  plan.clear();
  EXPECT_EQ(plan.judge("find", "app").delay, 0ms);
}

TEST(FaultPlanTest, RuleForZeroTimesDoesNothing) {
  FaultPlan plan;
  plan.add(not_writable_primary(0));
  EXPECT_EQ(plan.judge("find", "app").effect, Effect::kAnswer);
}

}  // namespace
}  // namespace wellspring::testing
