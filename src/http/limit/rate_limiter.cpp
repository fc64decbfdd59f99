#include "http/limit/rate_limiter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <iterator>

namespace wellspring::http {
namespace {

using namespace std::chrono_literals;

// Contract 1.10.
constexpr std::array<std::chrono::seconds, 4> kBans{60s, 300s, 900s, 3'600s};
constexpr std::chrono::hours kViolationsCountFor{24};
// More than the one that a check may add, so that the table shrinks.
constexpr int kIdleForgottenPerCheck = 2;

/// The finalizer of splitmix64.
std::uint64_t mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return bits ^ (bits >> 31);
}

}  // namespace

std::size_t RateLimiter::Hash::operator()(const IpAddress& address) const {
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), address.bytes().data(), sizeof halves);
  return mix(mix(halves[0] ^ seed) ^ halves[1]);
}

RateLimiter::RateLimiter(const RateLimiterOptions& options)
    : options_(options), by_address_(0, Hash{options.hash_seed}) {}

std::optional<RateRefusal> RateLimiter::judge(const Client* client, SteadyTime now) const {
  if (client != nullptr) {
    const SteadyTime free = client->admitted.free_at(options_.client);
    if (now < client->banned_until) {
      return RateRefusal{RefusedBy::kBan, std::max(free, client->banned_until), client->banned_until,
                         client->violations.size()};
    }
    if (now < free) return RateRefusal{RefusedBy::kClientLimit, free};
  }
  if (const SteadyTime free = all_.free_at(options_.global); now < free)
    return RateRefusal{RefusedBy::kGlobalLimit, free};
  return std::nullopt;
}

std::optional<RateRefusal> RateLimiter::look(const IpAddress& client, SteadyTime now) const {
  const auto known = by_address_.find(client);
  return judge(known == by_address_.end() ? nullptr : &*known->second, now);
}

std::optional<RateRefusal> RateLimiter::check(const IpAddress& client, SteadyTime now) {
  forget_idle(now);
  const auto known = by_address_.find(client);
  Clients::iterator at = known == by_address_.end() ? plain_.end() : known->second;
  auto refusal = judge(known == by_address_.end() ? nullptr : &*at, now);
  if (refusal) {
    if (options_.bans && refusal->by == RefusedBy::kClientLimit) punish(*at, *refusal, now);
    return refusal;
  }
  if (!options_.client.unlimited()) {
    if (known == by_address_.end()) at = remember(client);
    // Only where nearly all that may be remembered belongs to banned clients.
    if (!let_in(at, now)) return RateRefusal{RefusedBy::kGlobalLimit, now + kMinute};
  }
  if (!options_.global.unlimited()) all_.add(now, options_.global.look_back());
  return std::nullopt;
}

void RateLimiter::punish(Client& client, RateRefusal& refusal, SteadyTime now) {
  const bool is_first = client.violations.empty();
  if (is_first && offenders_.size() >= options_.clients_max) {
    if (now < offenders_.back().banned_until) return;
    forget_last(offenders_);
  }
  std::erase_if(client.violations, [&](SteadyTime at) { return at + kViolationsCountFor <= now; });
  client.violations.push_back(now);
  client.banned_until = now + kBans[std::min(client.violations.size(), kBans.size()) - 1];
  offenders_.splice(offenders_.begin(), is_first ? plain_ : offenders_,
                    by_address_.find(client.address)->second);
  refusal.free_at = std::max(refusal.free_at, client.banned_until);
  refusal.banned_until = client.banned_until;
  refusal.violations = client.violations.size();
  refusal.newly_banned = true;
}

bool RateLimiter::let_in(Clients::iterator client, SteadyTime now) {
  if (client->violations.empty()) plain_.splice(plain_.begin(), plain_, client);
  const std::size_t look_back = options_.client.look_back();
  const std::size_t growth = client->admitted.growth(look_back);
  if (!make_room(growth, client, now)) return false;
  client->admitted.add(now, look_back);
  moments_ += growth;
  return true;
}

/// Forgets others until so many moments more may be remembered; false when only the banned are left.
bool RateLimiter::make_room(std::size_t moments, Clients::iterator keep, SteadyTime now) {
  const auto may_forget = [&](Clients& last_of) {
    return !last_of.empty() && std::prev(last_of.end()) != keep && last_of.back().banned_until <= now;
  };
  while (moments_ + moments > options_.moments_max) {
    if (may_forget(plain_)) {
      forget_last(plain_);
    } else if (may_forget(offenders_)) {
      forget_last(offenders_);
    } else {
      return false;
    }
  }
  return true;
}

RateLimiter::Clients::iterator RateLimiter::remember(const IpAddress& address) {
  if (plain_.size() >= options_.clients_max) forget_last(plain_);
  plain_.push_front(Client{address});
  by_address_.emplace(address, plain_.begin());
  return plain_.begin();
}

/// Forgets clients of whom nothing is left that a decision could depend on, and old violations.
void RateLimiter::forget_idle(SteadyTime now) {
  for (int i = 0; i < kIdleForgottenPerCheck && !plain_.empty(); ++i) {
    const Client& last = plain_.back();
    if (!last.admitted.empty() && now < last.admitted.newest() + kHour) break;
    forget_last(plain_);
  }
  if (offenders_.empty()) return;
  Client& last = offenders_.back();
  if (now < last.violations.back() + kViolationsCountFor) return;
  if (last.admitted.newest() + kHour <= now) return forget_last(offenders_);
  if (plain_.size() >= options_.clients_max) forget_last(plain_);
  last.violations.clear();
  plain_.splice(plain_.begin(), offenders_, std::prev(offenders_.end()));
}

void RateLimiter::forget_last(Clients& from) {
  moments_ -= from.back().admitted.capacity();
  by_address_.erase(from.back().address);
  from.pop_back();
}

}  // namespace wellspring::http
