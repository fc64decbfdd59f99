#include "rag/spend.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <vector>

#include "rag/spend_file.hpp"
#include "store/temp_dir.hpp"

namespace wellspring::rag {
namespace {

using namespace std::chrono_literals;

const Timestamp kNoon = *parse_timestamp("2026-03-05T12:00:00Z");
constexpr NanoUsd kCent = 10'000'000;

TEST(Spend, CostIsExactAndRoundedUp) {
  const SpendPrices prices{.input = 0.075, .output = 0.30};
  EXPECT_EQ(cost_of(prices, {1'000'000, 0}), from_usd(0.075));
  EXPECT_EQ(cost_of(prices, {0, 1'000'000}), from_usd(0.30));
  EXPECT_EQ(cost_of(prices, {2'000, 500}), from_usd(0.0003));
  EXPECT_EQ(cost_of({.input = 0.0001, .output = 0}, {1, 0}), 1);
  EXPECT_EQ(cost_of(prices, {}), 0);
  EXPECT_FALSE(SpendPrices{}.known());
}

TEST(Spend, ALimitNeedsPrices) {
  EXPECT_TRUE(check_spend({}, {}).has_value());
  EXPECT_TRUE(check_spend({.input = 1, .output = 0}, {.daily = 5 * kCent, .hourly = 0}).has_value());
  const auto refused = check_spend({}, {.daily = 0, .hourly = kCent});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(refused.error().subject, "spend.hourly_limit");
  EXPECT_NE(refused.error().message.find("spend.input_price"), std::string::npos);
}

TEST(SpendLedger, AReservationCountsUntilItIsSettledAtWhatItCost) {
  SpendLedger ledger({.daily = 100 * kCent, .hourly = 10 * kCent});
  EXPECT_FALSE(ledger.reserve(8 * kCent, kNoon));
  EXPECT_EQ(ledger.reserve(3 * kCent, kNoon), SpendWindow::kHourly);
  ledger.settle(8 * kCent, 1 * kCent, {200, 40}, kNoon);
  EXPECT_EQ(ledger.record(kNoon).reserved, 0);
  EXPECT_EQ(ledger.record(kNoon).hourly.cost, kCent);
  EXPECT_EQ(ledger.record(kNoon).daily.tokens.input, 200U);
  EXPECT_FALSE(ledger.reserve(9 * kCent, kNoon)) << "what was not spent is there again";
}

TEST(SpendLedger, AFailedCallCostsNothing) {
  SpendLedger ledger({.daily = 0, .hourly = kCent});
  for (int call = 0; call < 1'000; ++call) {
    ASSERT_FALSE(ledger.reserve(kCent, kNoon));
    ledger.refund(kCent);
  }
  EXPECT_EQ(ledger.record(kNoon).hourly.cost, 0);
  EXPECT_EQ(ledger.level(kNoon), SpendLevel::kOk);
}

TEST(SpendLedger, WindowsAreHoursAndDaysOfUtc) {
  SpendLedger ledger({.daily = 15 * kCent, .hourly = 10 * kCent});
  ASSERT_FALSE(ledger.reserve(10 * kCent, kNoon));
  ledger.settle(10 * kCent, 10 * kCent, {}, kNoon + 59min);
  EXPECT_EQ(ledger.reserve(1 * kCent, kNoon + 59min), SpendWindow::kHourly);
  EXPECT_FALSE(ledger.reserve(5 * kCent, kNoon + 60min));
  EXPECT_EQ(ledger.reserve(1 * kCent, kNoon + 60min), SpendWindow::kDaily);
  ledger.settle(5 * kCent, 5 * kCent, {}, kNoon + 61min);
  EXPECT_EQ(ledger.reserve(1 * kCent, kNoon + 11h + 59min), SpendWindow::kDaily);
  EXPECT_FALSE(ledger.reserve(1 * kCent, kNoon + 12h));
  EXPECT_EQ(ledger.record(kNoon + 12h).daily.start, *parse_timestamp("2026-03-06"));
}

TEST(SpendLedger, ACallThatCrossesTheHourIsChargedToTheNewOne) {
  SpendLedger ledger({.daily = 0, .hourly = 10 * kCent});
  ASSERT_FALSE(ledger.reserve(6 * kCent, kNoon + 59min));
  EXPECT_EQ(ledger.reserve(6 * kCent, kNoon + 61min), SpendWindow::kHourly) << "it may yet cost so much";
  ledger.settle(6 * kCent, 2 * kCent, {}, kNoon + 62min);
  EXPECT_EQ(ledger.record(kNoon + 62min).hourly.cost, 2 * kCent);
}

TEST(SpendLedger, AClockSetBackBringsNoMoneyBack) {
  SpendLedger ledger({.daily = 0, .hourly = 10 * kCent});
  ASSERT_FALSE(ledger.reserve(10 * kCent, kNoon));
  ledger.settle(10 * kCent, 10 * kCent, {}, kNoon);
  EXPECT_EQ(ledger.reserve(kCent, kNoon - 30min), SpendWindow::kHourly);
  EXPECT_FALSE(ledger.reserve(kCent, kNoon - 24h)) << "a clock that was years ahead closes nothing for years";
}

TEST(SpendLedger, AfterACrashReservationsCountAsSpent) {
  const SpendLimits limits{.daily = 20 * kCent, .hourly = 0};
  SpendLedger before(limits);
  ASSERT_FALSE(before.reserve(4 * kCent, kNoon));
  before.settle(4 * kCent, 3 * kCent, {10, 20}, kNoon);
  ASSERT_FALSE(before.reserve(5 * kCent, kNoon));
  const auto stored = parse_spend_record(spend_record_text(before.record(kNoon)));
  ASSERT_TRUE(stored.has_value()) << stored.error().message;
  SpendLedger after(limits, *stored, kNoon + 1min);
  EXPECT_EQ(after.record(kNoon).daily.cost, 8 * kCent);
  EXPECT_EQ(after.record(kNoon).daily.tokens.output, 20U);
  EXPECT_EQ(after.record(kNoon).reserved, 0);
  SpendLedger next_day(limits, *stored, kNoon + 24h);
  EXPECT_EQ(next_day.record(kNoon + 24h).daily.cost, 0);
}

TEST(SpendLedger, LevelsAreThoseOfTheContract) {
  const auto level_at = [](NanoUsd spent) {
    SpendLedger ledger({.daily = 100 * kCent, .hourly = 0});
    EXPECT_FALSE(ledger.reserve(spent, kNoon));
    ledger.settle(spent, spent, {}, kNoon);
    return ledger.level(kNoon);
  };
  EXPECT_EQ(level_at(59 * kCent), SpendLevel::kOk);
  EXPECT_EQ(level_at(60 * kCent), SpendLevel::kInfo);
  EXPECT_EQ(level_at(80 * kCent), SpendLevel::kWarning);
  EXPECT_EQ(level_at(100 * kCent), SpendLevel::kError);
  EXPECT_EQ(SpendLedger({}).level(kNoon), SpendLevel::kOk);
}

/// Random calls: the books are never negative, and never over a limit by more than calls cost beyond their
/// reservation.
TEST(SpendLedger, RandomCallsKeepTheLimits) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint64_t limit) { return static_cast<NanoUsd>(random() % limit); };
    const SpendLimits limits{.daily = 50 * kCent, .hourly = 10 * kCent};
    SpendLedger ledger(limits);
    std::vector<NanoUsd> open;
    Timestamp now = kNoon;
    for (int step = 0; step < 2'000; ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
      now += std::chrono::milliseconds(below(300'000));
      const NanoUsd worst = 1 + below(2 * kCent);
      if (below(2) == 0) {
        if (!ledger.reserve(worst, now)) open.push_back(worst);
      } else if (!open.empty()) {
        const auto at = open.begin() + below(open.size());
        if (below(4) == 0) {
          ledger.refund(*at);
        } else {
          ledger.settle(*at, below(static_cast<std::uint64_t>(*at) + 1), {1, 1}, now);
        }
        open.erase(at);
      }
      const SpendRecord record = ledger.record(now);
      NanoUsd reserved = 0;
      for (const NanoUsd each : open) reserved += each;
      ASSERT_EQ(record.reserved, reserved);
      ASSERT_GE(record.hourly.cost, 0);
      ASSERT_LE(record.hourly.cost + reserved, limits.hourly);
      ASSERT_LE(record.daily.cost + reserved, limits.daily);
      ASSERT_GE(record.daily.cost, record.hourly.cost);
    }
  }
}

TEST(SpendFile, IsTheOldRecordOrTheNewOne) {
  const store::TempDir folder;
  const SpendFile file(folder.path() / "spend.json");
  EXPECT_FALSE(file.read().value());
  SpendLedger ledger({});
  ledger.settle(0, 7 * kCent, {30, 40}, kNoon);
  ASSERT_TRUE(file.write(ledger.record(kNoon)).has_value());
  std::ofstream(folder.path() / "spend.json.new") << "{\"torn";
  const auto stored = file.read();
  ASSERT_TRUE(stored.has_value() && stored->has_value());
  EXPECT_EQ((*stored)->daily.cost, 7 * kCent);
  EXPECT_EQ((*stored)->hourly.start, kNoon);
  ASSERT_TRUE(file.write(ledger.record(kNoon)).has_value());
}

TEST(SpendFile, ABrokenRecordSaysWhichFileAndWhatToDo) {
  const store::TempDir folder;
  const SpendFile file(folder.path() / "spend.json");
  for (const char* text :
       {"", "{", "[]", R"({"version":2})", R"({"version":1,"daily":{}})",
        R"({"version":1,"daily":{"start":"2026-03-05","cost_nano_usd":-1,"input_tokens":0,)"
        R"("output_tokens":0},"hourly":{},"reserved_nano_usd":0})"}) {
    std::ofstream(folder.path() / "spend.json") << text;
    const auto stored = file.read();
    ASSERT_TRUE(stored.has_error()) << text;
    EXPECT_EQ(stored.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(stored.error().message.find("spend.json"), std::string::npos);
    EXPECT_NE(stored.error().message.find("remove the file"), std::string::npos);
  }
}

TEST(SpendFile, AFailedWriteIsTold) {
  const SpendFile file("/nonexistent/folder/spend.json");
  const auto written = file.write({});
  ASSERT_TRUE(written.has_error());
  EXPECT_EQ(written.error().kind, ErrorKind::kResource);
}

}  // namespace
}  // namespace wellspring::rag
