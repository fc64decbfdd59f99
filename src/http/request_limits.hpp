#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/limit/rate_limiter.hpp"
#include "http/message.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"

namespace wellspring::http {

struct RequestLimitOptions {
  RateLimits chat{};         ///< of each client, both chat routes together
  RateLimits chat_global{};  ///< of all clients together, both chat routes together
  bool bans = true;          ///< for asking more than `chat` allows
  RateLimits search{};       ///< of each client
  std::uint64_t hash_seed = 0;
};

/// Limits how often may be asked. Handlers call it once they know that the request is well-formed and before
/// they work on it, so that malformed requests count nowhere and refused ones cost little. On the io thread.
class RequestLimits {
 public:
  RequestLimits(const RequestLimitOptions& options, const Clock& clock, obs::Metrics& metrics, obs::Log& log);

  /// 429, or nothing: then the request has been counted. `endpoint_type` (chat, chat_stream) is the label in
  /// metrics.
  std::optional<Response> refuse_question(const Request& request, std::string_view endpoint_type);
  std::optional<Response> refuse_search(const Request& request);

 private:
  Response refusal(const RateLimiter& limiter, const RateRefusal& why, const Request& request,
                   std::string_view endpoint_type, SteadyTime now);
  void tell_of_proxy(const Request& request);

  RateLimiter chat_;
  RateLimiter search_;
  const Clock& clock_;
  obs::Metrics& metrics_;
  obs::Log& log_;
  bool told_of_proxy_ = false;
};

}  // namespace wellspring::http
