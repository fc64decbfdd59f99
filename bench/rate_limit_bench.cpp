// What one rate limit check costs: JSON lines {"what", "ns", "clients", "moments"}, the best of several
// rounds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <random>
#include <string_view>

#include "http/limit/rate_limiter.hpp"

namespace wellspring {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 7;
constexpr unsigned kChecks = 1'000'000;
constexpr http::RateLimits kDefault{.per_minute = 60, .per_hour = 1'000};
constexpr http::RateLimits kGlobal{.per_minute = 1'000, .per_hour = 50'000};

IpAddress client(std::uint32_t n) {
  return IpAddress::v4({static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
                        static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
}

struct Load {
  std::string_view what;
  http::RateLimiterOptions options;
  std::uint32_t clients;         ///< drawn at random from so many
  std::chrono::nanoseconds gap;  ///< between two checks
};

void measure(const Load& load) {
  double best = std::numeric_limits<double>::max();
  std::size_t refused = 0;
  std::size_t clients = 0;
  std::size_t moments = 0;
  for (int round = 0; round < kRounds; ++round) {
    http::RateLimiter limiter(load.options);
    std::minstd_rand random(static_cast<unsigned>(round) + 1);
    SteadyTime now{1'000h};
    refused = 0;
    const auto pass = [&] {
      for (unsigned i = 0; i < kChecks; ++i) {
        now += load.gap;
        refused += limiter.check(client(static_cast<std::uint32_t>(random()) % load.clients), now) ? 1 : 0;
      }
    };
    pass();  // the tables grow here
    const std::clock_t start = std::clock();
    pass();
    best = std::min(best, 1e9 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kChecks);
    clients = limiter.clients();
    moments = limiter.moments();
  }
  fmt::print(R"({{"what":"{}","ns":{:.0f},"refused":{:.3f},"clients":{},"moments":{}}})"
             "\n",
             load.what, best, static_cast<double>(refused) / (2.0 * kChecks), clients, moments);
}

}  // namespace
}  // namespace wellspring

int main() {
  using namespace wellspring;
  const http::RateLimiterOptions usual{.client = kDefault, .global = kGlobal, .bans = true};
  const http::RateLimiterOptions no_ceiling{.client = kDefault, .bans = true};
  const http::RateLimiterOptions highest{.client = {.per_minute = 100'000, .per_hour = 100'000}};
  measure({"one client at its pace", usual, 1, 4s});
  measure({"one client that floods and is banned", usual, 1, 1us});
  measure({"10,000 clients that are let in", no_ceiling, 10'000, 500us});
  measure({"a million addresses that push one another out", no_ceiling, 1'000'000, 10us});
  measure({"one client, limits of 100,000", highest, 1, 1ms});
}
