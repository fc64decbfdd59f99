#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/ip_address.hpp"
#include "http/limit/admission_log.hpp"

namespace wellspring::http {

struct RateLimiterOptions {
  RateLimits client{};  ///< of each client
  RateLimits global{};  ///< of all clients together
  bool bans = false;    ///< whoever asks for more than `client` allows is banned, longer each time
  std::size_t clients_max = 10'000;     ///< remembered; of the banned and formerly banned as many again
  std::size_t moments_max = 4'000'000;  ///< remembered for all clients together, 8 bytes each
  std::uint64_t hash_seed = 0;          ///< random, so that nobody can choose addresses that collide
};

enum class RefusedBy { kClientLimit, kBan, kGlobalLimit };

struct RateRefusal {
  RefusedBy by = RefusedBy::kClientLimit;
  SteadyTime free_at{};  ///< when this client would be let in, if it asks for nothing until then
  /// Of the client, when it is banned.
  std::optional<SteadyTime> banned_until{};
  std::size_t violations = 0;  ///< within the last 24 hours, when it is banned
  bool newly_banned = false;
};

/// Decides whether a client may be let in now: at most so many within any minute and any hour, for itself and
/// for all together. Only who is let in counts. Asking for more than one's own limit is a violation; it bans
/// for 1, 5, 15 and then each time 60 minutes, by the number of violations within 24 hours. What is asked
/// during a ban is refused and counts as nothing. The ceiling for all is nobody's violation.
///
/// Memory is bounded. When there are too many clients, the one that was let in longest ago is forgotten, but
/// never a client whose ban is under way: while only such could be forgotten, newcomers that violate are
/// refused without a ban. What a call costs depends neither on how many clients there are nor on the limits
/// (growing tables amortised).
///
/// Pure: time is an argument and never goes back. Not thread-safe.
class RateLimiter {
 public:
  explicit RateLimiter(const RateLimiterOptions& options);
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  /// Lets the client in, and remembers it, or says why not.
  std::optional<RateRefusal> check(const IpAddress& client, SteadyTime now);
  /// What check() would answer; changes nothing.
  std::optional<RateRefusal> look(const IpAddress& client, SteadyTime now) const;

  const RateLimits& client_limits() const { return options_.client; }
  const RateLimits& global_limits() const { return options_.global; }
  std::size_t clients() const { return plain_.size() + offenders_.size(); }
  std::size_t moments() const { return moments_; }

 private:
  struct Client {
    IpAddress address;
    AdmissionLog admitted{};
    std::vector<SteadyTime> violations{};  ///< of the last 24 hours; bans keep them under thirty
    SteadyTime banned_until = SteadyTime::min();
  };
  using Clients = std::list<Client>;
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const IpAddress& address) const;
  };

  std::optional<RateRefusal> judge(const Client* client, SteadyTime now) const;
  void punish(Client& client, RateRefusal& refusal, SteadyTime now);
  bool let_in(Clients::iterator client, SteadyTime now);
  bool make_room(std::size_t moments, Clients::iterator keep, SteadyTime now);
  Clients::iterator remember(const IpAddress& address);
  void forget_idle(SteadyTime now);
  void forget_last(Clients& from);

  const RateLimiterOptions options_;
  AdmissionLog all_;
  Clients plain_;      ///< without violations; the last let in first
  Clients offenders_;  ///< with violations; the last to violate first
  std::unordered_map<IpAddress, Clients::iterator, Hash> by_address_;
  std::size_t moments_ = 0;
};

}  // namespace wellspring::http
