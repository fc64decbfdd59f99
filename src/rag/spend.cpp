#include "rag/spend.hpp"

#include <algorithm>
#include <cmath>

namespace wellspring::rag {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr double kNanos = 1e9;
constexpr double kInfoShare = 0.6;
constexpr double kWarningShare = 0.8;

/// A clock set back by less than a window does not bring back money; one that was far ahead must not close
/// the window until then.
template <class Length>
void roll_window(WindowUse& window, Timestamp now) {
  const Timestamp start = std::chrono::floor<Length>(now);
  if (start == window.start || (start < window.start && window.start - start <= Length{1})) return;
  window = {.start = start, .cost = 0, .tokens = {}};
}

void charge(WindowUse& window, NanoUsd cost, TokenUse tokens) {
  window.cost += cost;
  window.tokens.input += tokens.input;
  window.tokens.output += tokens.output;
}

double share(const WindowUse& window, NanoUsd reserved, NanoUsd limit) {
  return limit == 0 ? 0 : static_cast<double>(window.cost + reserved) / static_cast<double>(limit);
}

}  // namespace

double to_usd(NanoUsd amount) {
  return static_cast<double>(amount) / kNanos;
}

NanoUsd from_usd(double amount) {
  return static_cast<NanoUsd>(std::llround(amount * kNanos));
}

NanoUsd cost_of(const SpendPrices& prices, TokenUse tokens) {
  // A dollar for a million tokens is a thousand billionths for one.
  const double nanos = 1'000 * (prices.input * static_cast<double>(tokens.input) +
                                prices.output * static_cast<double>(tokens.output));
  return static_cast<NanoUsd>(std::ceil(nanos));
}

Result<void> check_spend(const SpendPrices& prices, const SpendLimits& limits) {
  if (!limits.any() || prices.known()) return {};
  return fail(
      ErrorKind::kInvalidArgument,
      "spend limit: spend.input_price and spend.output_price are both 0, so nothing can be counted against "
      "it; set what llm.model costs for a million tokens, or take the limit away",
      limits.daily > 0 ? "spend.daily_limit" : "spend.hourly_limit");
}

SpendLedger::SpendLedger(const SpendLimits& limits, const SpendRecord& record, Timestamp now)
    : limits_(limits), record_(record) {
  charge(record_.daily, record_.reserved, {});
  charge(record_.hourly, record_.reserved, {});
  record_.reserved = 0;
  roll(now);
}

void SpendLedger::roll(Timestamp now) {
  roll_window<days>(record_.daily, now);
  roll_window<hours>(record_.hourly, now);
}

std::optional<SpendWindow> SpendLedger::reserve(NanoUsd worst, Timestamp now) {
  roll(now);
  const auto full = [&](const WindowUse& window, NanoUsd limit) {
    return limit > 0 && window.cost + record_.reserved + worst > limit;
  };
  if (full(record_.hourly, limits_.hourly)) return SpendWindow::kHourly;
  if (full(record_.daily, limits_.daily)) return SpendWindow::kDaily;
  record_.reserved += worst;
  return std::nullopt;
}

void SpendLedger::settle(NanoUsd worst, NanoUsd actual, TokenUse tokens, Timestamp now) {
  roll(now);
  refund(worst);
  charge(record_.daily, actual, tokens);
  charge(record_.hourly, actual, tokens);
}

void SpendLedger::refund(NanoUsd worst) {
  record_.reserved -= std::min(worst, record_.reserved);
}

SpendRecord SpendLedger::record(Timestamp now) const {
  SpendLedger today = *this;
  today.roll(now);
  return today.record_;
}

SpendLevel SpendLedger::level(Timestamp now) const {
  const SpendRecord today = record(now);
  const double most = std::max(share(today.daily, today.reserved, limits_.daily),
                               share(today.hourly, today.reserved, limits_.hourly));
  if (most >= 1) return SpendLevel::kError;
  if (most >= kWarningShare) return SpendLevel::kWarning;
  return most >= kInfoShare ? SpendLevel::kInfo : SpendLevel::kOk;
}

}  // namespace wellspring::rag
