#include "http/limit/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace wellspring::http {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{std::chrono::hours{1'000}};

IpAddress client(unsigned n) {
  return IpAddress::v4({10, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                        static_cast<std::uint8_t>(n)});
}

/// How many of `asked` checks at one moment are let in.
std::size_t let_in(RateLimiter& limiter, const IpAddress& who, SteadyTime now, std::size_t asked) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < asked; ++i) count += limiter.check(who, now) ? 0 : 1;
  return count;
}

TEST(RateLimiter, WithoutLimitsLetsEverythingInAndRemembersNobody) {
  RateLimiter limiter({});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 10'000), 10'000U);
  EXPECT_EQ(limiter.clients(), 0U);
  EXPECT_EQ(limiter.moments(), 0U);
}

TEST(RateLimiter, SlidesOverAMinute) {
  RateLimiter limiter({.client = {.per_minute = 3}});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 2), 2U);
  EXPECT_EQ(let_in(limiter, client(1), kStart + 59s, 2), 1U);
  const auto refused = limiter.check(client(1), kStart + 59s);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->by, RefusedBy::kClientLimit);
  EXPECT_EQ(refused->free_at, kStart + 60s);
  EXPECT_FALSE(refused->banned_until);
  EXPECT_TRUE(limiter.check(client(1), kStart + 60s - 1ns));
  // Two left the window; the third, at 59 s, has not.
  EXPECT_EQ(let_in(limiter, client(1), kStart + 60s, 5), 2U);
  EXPECT_TRUE(limiter.check(client(1), kStart + 119s - 1ns));
  EXPECT_FALSE(limiter.check(client(1), kStart + 119s));
}

TEST(RateLimiter, NoBurstOfTwoWindowsAtTheTurnOfAMinute) {
  RateLimiter limiter({.client = {.per_minute = 60}});
  EXPECT_EQ(let_in(limiter, client(1), kStart + 59s, 60), 60U);
  EXPECT_EQ(let_in(limiter, client(1), kStart + 61s, 60), 0U);
}

TEST(RateLimiter, TheHourHoldsWhenTheMinuteIsFree) {
  RateLimiter limiter({.client = {.per_minute = 10, .per_hour = 15}});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 20), 10U);
  EXPECT_EQ(let_in(limiter, client(1), kStart + 60s, 20), 5U);
  const auto refused = limiter.look(client(1), kStart + 60s);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->free_at, kStart + 1h);
  EXPECT_EQ(let_in(limiter, client(1), kStart + 1h, 20), 10U);
}

TEST(RateLimiter, RefusedRequestsDoNotCountAgainstTheWindow) {
  RateLimiter limiter({.client = {.per_minute = 2}});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 1'000), 2U);
  EXPECT_EQ(let_in(limiter, client(1), kStart + 30s, 1'000), 0U);
  EXPECT_EQ(let_in(limiter, client(1), kStart + 60s, 1'000), 2U);
}

TEST(RateLimiter, ClientsDoNotShareTheirBudgets) {
  RateLimiter limiter({.client = {.per_minute = 2}});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 5), 2U);
  EXPECT_EQ(let_in(limiter, client(2), kStart, 5), 2U);
}

TEST(RateLimiter, TheGlobalCeilingCountsOnlyWhatIsLetInAndIsNobodysViolation) {
  RateLimiter limiter({.client = {.per_minute = 3}, .global = {.per_minute = 4}, .bans = true});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 3), 3U);
  EXPECT_EQ(let_in(limiter, client(2), kStart + 1s, 9), 1U);
  const auto refused = limiter.check(client(2), kStart + 2s);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->by, RefusedBy::kGlobalLimit);
  EXPECT_EQ(refused->free_at, kStart + 60s);
  EXPECT_FALSE(refused->banned_until);
  // The refusals took nothing from client 2 either.
  EXPECT_EQ(let_in(limiter, client(2), kStart + 60s, 9), 2U);
  EXPECT_EQ(let_in(limiter, client(3), kStart + 60s, 9), 1U);
}

TEST(RateLimiter, WhoFloodsIsBannedAlsoWhileTheCeilingIsReached) {
  RateLimiter limiter({.client = {.per_minute = 2}, .global = {.per_minute = 2}, .bans = true});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 2), 2U);
  const auto refused = limiter.check(client(1), kStart);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->by, RefusedBy::kClientLimit);
  EXPECT_TRUE(refused->newly_banned);
}

TEST(RateLimiter, BansGrowWithTheViolationsOfADay) {
  RateLimiter limiter({.client = {.per_minute = 1}, .bans = true});
  SteadyTime now = kStart;
  std::size_t count = 0;
  for (const auto length : {60s, 300s, 900s, 3'600s, 3'600s}) {
    EXPECT_FALSE(limiter.check(client(1), now)) << count;
    const auto violation = limiter.check(client(1), now);
    ASSERT_TRUE(violation);
    EXPECT_EQ(violation->by, RefusedBy::kClientLimit);
    EXPECT_TRUE(violation->newly_banned);
    EXPECT_EQ(violation->violations, ++count);
    EXPECT_EQ(violation->banned_until, now + length);
    EXPECT_EQ(violation->free_at, now + length);
    const auto during = limiter.check(client(1), now + length - 1ns);
    ASSERT_TRUE(during);
    EXPECT_EQ(during->by, RefusedBy::kBan);
    EXPECT_EQ(during->violations, count);
    EXPECT_FALSE(during->newly_banned);
    now += length;
  }
  // A day after the first violation it counts no more.
  const auto next_day = kStart + 24h;
  EXPECT_FALSE(limiter.check(client(1), next_day));
  EXPECT_EQ(limiter.check(client(1), next_day)->violations, 5U);
}

TEST(RateLimiter, ViolationsAreForgivenAfterADay) {
  RateLimiter limiter({.client = {.per_minute = 1}, .bans = true});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 2), 1U);
  EXPECT_FALSE(limiter.check(client(1), kStart + 24h - 10s));
  const auto again = limiter.check(client(1), kStart + 24h);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->violations, 1U);
  EXPECT_EQ(again->banned_until, kStart + 24h + 60s);
}

TEST(RateLimiter, FreeAtCoversBanAndWindow) {
  RateLimiter limiter({.client = {.per_hour = 2}, .bans = true});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 2), 2U);
  const auto violation = limiter.check(client(1), kStart + 1s);
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->banned_until, kStart + 61s);
  EXPECT_EQ(violation->free_at, kStart + 1h);
  // Who heeds it is let in, with no further violation.
  EXPECT_FALSE(limiter.check(client(1), violation->free_at));
}

TEST(RateLimiter, LookingChangesNothing) {
  RateLimiter limiter({.client = {.per_minute = 1}, .bans = true});
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.look(client(1), kStart));
  EXPECT_EQ(limiter.clients(), 0U);
  EXPECT_FALSE(limiter.check(client(1), kStart));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.look(client(1), kStart)->banned_until);
}

TEST(RateLimiter, ForgetsIdleClientsAsOthersCome) {
  RateLimiter limiter({.client = {.per_minute = 5, .per_hour = 50}, .bans = true});
  for (unsigned n = 0; n < 1'000; ++n) EXPECT_FALSE(limiter.check(client(n), kStart));
  EXPECT_EQ(let_in(limiter, client(7), kStart, 9), 4U);
  EXPECT_EQ(limiter.clients(), 1'000U);
  for (int i = 0; i < 1'000; ++i) limiter.check(client(1'000'000), kStart + 24h);
  EXPECT_EQ(limiter.clients(), 1U);
  EXPECT_LE(limiter.moments(), 8U);
}

TEST(RateLimiter, BoundsTheClientsAndForgetsTheOneLongestAway) {
  RateLimiter limiter({.client = {.per_minute = 1}, .clients_max = 10});
  for (unsigned n = 0; n < 100; ++n) EXPECT_FALSE(limiter.check(client(n), kStart + 1ms * n));
  EXPECT_EQ(limiter.clients(), 10U);
  EXPECT_TRUE(limiter.check(client(99), kStart + 1s));
  EXPECT_TRUE(limiter.check(client(90), kStart + 1s));
  EXPECT_FALSE(limiter.check(client(89), kStart + 1s));
}

TEST(RateLimiter, ABanIsNotForgottenForNewcomers) {
  RateLimiter limiter({.client = {.per_minute = 1}, .bans = true, .clients_max = 10});
  EXPECT_EQ(let_in(limiter, client(1), kStart, 2), 1U);
  // Neither for clients that behave, nor for clients that are banned themselves.
  for (unsigned n = 100; n < 10'000; ++n) limiter.check(client(n), kStart + 1s);
  for (unsigned n = 100; n < 10'000; ++n) let_in(limiter, client(n), kStart + 2s, 2);
  EXPECT_LE(limiter.clients(), 20U);
  const auto refused = limiter.check(client(1), kStart + 59s);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->by, RefusedBy::kBan);
  // Those for whom there was no room were refused all the same.
  EXPECT_EQ(let_in(limiter, client(20'000), kStart + 59s, 5), 1U);
}

TEST(RateLimiter, AnEndedBanMakesRoomForANewOne) {
  RateLimiter limiter({.client = {.per_minute = 1}, .bans = true, .clients_max = 2});
  for (unsigned n = 1; n <= 2; ++n) EXPECT_EQ(let_in(limiter, client(n), kStart + 1s * n, 2), 1U);
  EXPECT_EQ(let_in(limiter, client(3), kStart + 10s, 2), 1U);
  EXPECT_FALSE(limiter.look(client(3), kStart + 10s)->banned_until);
  EXPECT_EQ(let_in(limiter, client(4), kStart + 61s, 1), 1U);
  const auto banned = limiter.check(client(4), kStart + 61s);
  ASSERT_TRUE(banned);
  EXPECT_TRUE(banned->banned_until);
}

TEST(RateLimiter, BoundsTheMomentsOfAll) {
  RateLimiter limiter({.client = {.per_hour = 100}, .clients_max = 1'000, .moments_max = 500});
  for (unsigned n = 0; n < 50; ++n) {
    EXPECT_EQ(let_in(limiter, client(n), kStart + 1s * n, 150), 100U) << n;
    EXPECT_LE(limiter.moments(), 500U);
  }
  EXPECT_TRUE(limiter.check(client(49), kStart + 100s));
}

TEST(RateLimiter, MomentsThatBelongToTheBannedAreKept) {
  RateLimiter limiter({.client = {.per_hour = 100}, .bans = true, .clients_max = 1'000, .moments_max = 500});
  for (unsigned n = 0; n < 5; ++n) EXPECT_EQ(let_in(limiter, client(n), kStart, 101), 100U);
  const auto crowded = limiter.check(client(9), kStart + 1s);
  ASSERT_TRUE(crowded);
  EXPECT_EQ(crowded->by, RefusedBy::kGlobalLimit);
  EXPECT_FALSE(limiter.check(client(9), kStart + 61s));
  EXPECT_LE(limiter.moments(), 500U);
}

/// The same rules without any cleverness: everything that was let in, counted again each time.
class Naive {
 public:
  explicit Naive(RateLimiterOptions options) : options_(options) {}

  std::optional<RateRefusal> check(unsigned who, SteadyTime now) {
    Seen& seen = clients_[who];
    const SteadyTime free = free_at(seen.let_in, options_.client, now);
    if (now < seen.banned_until)
      return RateRefusal{RefusedBy::kBan, std::max(free, seen.banned_until), seen.banned_until,
                         counted(seen, seen.violations.back())};
    if (now < free) {
      RateRefusal refusal{RefusedBy::kClientLimit, free};
      if (!options_.bans) return refusal;
      seen.violations.push_back(now);
      const std::size_t count = counted(seen, now);
      const auto length = count == 1 ? 60s : count == 2 ? 300s : count == 3 ? 900s : 3'600s;
      seen.banned_until = now + length;
      return RateRefusal{RefusedBy::kClientLimit, std::max(free, seen.banned_until), seen.banned_until, count,
                         true};
    }
    const SteadyTime all_free = free_at(all_, options_.global, now);
    if (now < all_free) return RateRefusal{RefusedBy::kGlobalLimit, all_free};
    seen.let_in.push_back(now);
    all_.push_back(now);
    return std::nullopt;
  }

 private:
  struct Seen {
    std::vector<SteadyTime> let_in;
    std::vector<SteadyTime> violations;
    SteadyTime banned_until = SteadyTime::min();
  };
  static std::size_t counted(const Seen& seen, SteadyTime now) {
    return static_cast<std::size_t>(std::count_if(seen.violations.begin(), seen.violations.end(),
                                                  [&](SteadyTime at) { return now < at + 24h; }));
  }
  /// Tries every moment at which a window changes.
  static SteadyTime free_at(const std::vector<SteadyTime>& times, const RateLimits& limits, SteadyTime now) {
    const auto fits = [&](SteadyTime at) {
      std::size_t minute = 0;
      std::size_t hour = 0;
      for (const SteadyTime time : times) {
        minute += at < time + 1min ? 1 : 0;
        hour += at < time + 1h ? 1 : 0;
      }
      return (limits.per_minute == 0 || minute < limits.per_minute) &&
             (limits.per_hour == 0 || hour < limits.per_hour);
    };
    SteadyTime best = SteadyTime::max();
    if (fits(now)) return SteadyTime::min();
    for (const SteadyTime time : times) {
      for (const SteadyTime at : {time + 1min, time + 1h}) {
        if (at > now && at < best && fits(at)) best = at;
      }
    }
    return best;
  }

  RateLimiterOptions options_;
  std::map<unsigned, Seen> clients_;
  std::vector<SteadyTime> all_;
};

void expect_same(const std::optional<RateRefusal>& ours, const std::optional<RateRefusal>& naive,
                 const std::string& where) {
  ASSERT_EQ(ours.has_value(), naive.has_value()) << where;
  if (!ours) return;
  ASSERT_EQ(ours->by, naive->by) << where;
  ASSERT_EQ(ours->free_at, naive->free_at) << where;
  ASSERT_EQ(ours->banned_until, naive->banned_until) << where;
  ASSERT_EQ(ours->violations, naive->violations) << where;
  ASSERT_EQ(ours->newly_banned, naive->newly_banned) << where;
}

TEST(RateLimiter, AgreesWithCountingEverythingAgain) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<unsigned>(random() % n); };
    RateLimiterOptions options;
    options.client = {below(4), below(12)};
    options.global = {below(3) == 0 ? 0 : 3 + below(6), below(3) == 0 ? 0 : 8 + below(20)};
    options.bans = below(2) == 0;
    options.hash_seed = random();
    RateLimiter limiter(options);
    Naive naive(options);
    SteadyTime now = kStart;
    for (int step = 0; step < 400; ++step) {
      // Mostly bursts; now and then to a window's very edge, or far away.
      constexpr std::array<std::chrono::milliseconds, 12> kSteps{0ms, 0ms, 0ms,      1ms,   999ms, 7s,
                                                                 20s, 60s, 59'999ms, 15min, 1h,    7h};
      now += kSteps[below(below(4) == 0 ? kSteps.size() : 7)];
      const unsigned who = below(3);
      const auto expected = naive.check(who, now);
      const auto looked = limiter.look(client(who), now);
      const auto found = limiter.check(client(who), now);
      ASSERT_EQ(looked.has_value(), found.has_value());
      expect_same(found, expected, "seed " + std::to_string(seed) + " step " + std::to_string(step));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(AdmissionLog, KeepsTheNewestThroughGrowthAndWrapping) {
  for (std::size_t look_back = 1; look_back <= 20; ++look_back) {
    AdmissionLog log;
    for (std::size_t i = 1; i <= 50; ++i) {
      const std::size_t before = log.capacity();
      const std::size_t growth = log.growth(look_back);
      log.add(kStart + 1s * i, look_back);
      EXPECT_EQ(log.capacity(), before + growth);
      EXPECT_LE(log.capacity(), look_back);
      EXPECT_EQ(log.newest(), kStart + 1s * i);
      for (std::size_t n = 1; n <= std::min(i, look_back); ++n)
        ASSERT_EQ(log.free_at({.per_minute = n}), kStart + 1s * (i - n + 1) + 1min)
            << look_back << " " << i << " " << n;
    }
  }
}

}  // namespace
}  // namespace wellspring::http
