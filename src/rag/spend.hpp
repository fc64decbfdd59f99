#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace wellspring::rag {

/// Billionths of a US dollar: whole numbers, so that sums of many small amounts are exact.
using NanoUsd = std::int64_t;

double to_usd(NanoUsd amount);
NanoUsd from_usd(double amount);

/// US dollars for a million tokens. Both 0: what a model costs is not known, and nothing is counted.
struct SpendPrices {
  double input = 0;
  double output = 0;
  bool known() const { return input > 0 || output > 0; }
};

struct TokenUse {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
};

/// Rounded up.
NanoUsd cost_of(const SpendPrices& prices, TokenUse tokens);

/// 0: no limit.
struct SpendLimits {
  NanoUsd daily = 0;
  NanoUsd hourly = 0;
  bool any() const { return daily > 0 || hourly > 0; }
};

/// Errors: kInvalidArgument when there is a limit that nothing can be counted against.
Result<void> check_spend(const SpendPrices& prices, const SpendLimits& limits);

enum class SpendWindow { kDaily, kHourly };

/// What was spent since `start`, the beginning of a day or an hour in UTC.
struct WindowUse {
  Timestamp start{};
  NanoUsd cost = 0;
  TokenUse tokens;
};

/// What outlives the process.
struct SpendRecord {
  WindowUse daily;
  WindowUse hourly;
  NanoUsd reserved = 0;  ///< of calls under way
};

/// How near the limits spending is (contract 1.6): under 60 %, from 60, from 80, and none left.
enum class SpendLevel { kOk, kInfo, kWarning, kError };

/// Keeps the cost of a paid model within limits per day and hour of UTC. The worst that a call may cost is
/// reserved before it, and counts against both windows until the call is settled at what it did cost, or
/// refunded. So however many calls are under way, what is spent stays within the limits by the reservations'
/// own error. A call is charged to the windows in which it is settled. Pure: time is an argument. Not
/// thread-safe.
class SpendLedger {
 public:
  explicit SpendLedger(const SpendLimits& limits) : limits_(limits) {}
  /// Goes on from a record; its reservations, of calls whose end nobody saw, count as spent.
  SpendLedger(const SpendLimits& limits, const SpendRecord& record, Timestamp now);

  /// Nothing when `worst` is reserved, otherwise the window in which there is no room for it.
  std::optional<SpendWindow> reserve(NanoUsd worst, Timestamp now);
  /// Ends a reservation of `worst` with what the call cost.
  void settle(NanoUsd worst, NanoUsd actual, TokenUse tokens, Timestamp now);
  /// Ends a reservation of `worst` for nothing.
  void refund(NanoUsd worst);

  SpendRecord record(Timestamp now) const;
  SpendLevel level(Timestamp now) const;
  const SpendLimits& limits() const { return limits_; }

 private:
  void roll(Timestamp now);

  SpendLimits limits_;
  SpendRecord record_;
};

}  // namespace wellspring::rag
