#include "http/request_limits.hpp"

#include <chrono>
#include <utility>

#include "http/client_address.hpp"
#include "http/wire/rate_limit.hpp"

namespace wellspring::http {
namespace {

constexpr std::string_view kLogger = "http";

/// The label in wellspring_http_refused_total.
std::string limit_name(RefusedBy by) {
  switch (by) {
    case RefusedBy::kClientLimit:
      return "client_rate";
    case RefusedBy::kBan:
      return "ban";
    case RefusedBy::kGlobalLimit:
      return "global_rate";
  }
  return "client_rate";
}

std::string_view message(RefusedBy by) {
  switch (by) {
    case RefusedBy::kClientLimit:
      return "Too many requests in a short time. Please wait a moment.";
    case RefusedBy::kBan:
      return "Too many requests, again and again. Please come back later.";
    case RefusedBy::kGlobalLimit:
      return "Too many people are asking at the moment. Please try again shortly.";
  }
  return "";
}

}  // namespace

RequestLimits::RequestLimits(const RequestLimitOptions& options, const Clock& clock, obs::Metrics& metrics,
                             obs::Log& log)
    : chat_({.client = options.chat,
             .global = options.chat_global,
             .bans = options.bans,
             .hash_seed = options.hash_seed}),
      search_({.client = options.search, .hash_seed = options.hash_seed}),
      clock_(clock),
      metrics_(metrics),
      log_(log) {}

std::optional<Response> RequestLimits::refuse_question(const Request& request,
                                                       std::string_view endpoint_type) {
  const SteadyTime now = clock_.steady();
  const auto why = chat_.check(accounted_as(request.client), now);
  if (!why) return std::nullopt;
  if (why->newly_banned) {
    const auto length = std::chrono::ceil<std::chrono::seconds>(*why->banned_until - now);
    metrics_.count("rate_limit_bans_total", {{"endpoint_type", std::string(endpoint_type)}});
    log_.info(kLogger, "a client asks too often and is banned",
              {{"client_ip", request.client.to_string()},
               {"seconds", std::to_string(length.count())},
               {"violations", std::to_string(why->violations)}});
  }
  return refusal(chat_, *why, request, endpoint_type, now);
}

std::optional<Response> RequestLimits::refuse_search(const Request& request) {
  const SteadyTime now = clock_.steady();
  const auto why = search_.check(accounted_as(request.client), now);
  if (!why) return std::nullopt;
  return refusal(search_, *why, request, "search", now);
}

Response RequestLimits::refusal(const RateLimiter& limiter, const RateRefusal& why, const Request& request,
                                std::string_view endpoint_type, SteadyTime now) {
  metrics_.count("rate_limit_rejections_total", {{"endpoint_type", std::string(endpoint_type)}});
  metrics_.count("wellspring_http_refused_total", {{"limit", limit_name(why.by)}});
  tell_of_proxy(request);
  const RateLimits& limits =
      why.by == RefusedBy::kGlobalLimit ? limiter.global_limits() : limiter.client_limits();
  return wire::rate_limited(message(why.by), limits, why, now, clock_.wall());
}

/// A proxy that nobody named makes all its visitors one client, which is hard to find out otherwise.
void RequestLimits::tell_of_proxy(const Request& request) {
  if (told_of_proxy_ || request.peer_is_proxy || request.header("X-Forwarded-For").empty()) return;
  told_of_proxy_ = true;
  log_.warning(
      kLogger,
      "a rate limit was reached by a peer that sends X-Forwarded-For; if it is your proxy, name it in "
      "server.trusted_proxies, or its visitors share one budget",
      {{"peer", request.peer}});
}

}  // namespace wellspring::http
