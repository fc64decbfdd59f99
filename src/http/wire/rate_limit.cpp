#include "http/wire/rate_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "http/wire/errors.hpp"

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

}  // namespace

Response rate_limited(std::string_view message, const RateLimits& limits, const RateRefusal& refusal,
                      SteadyTime now, Timestamp wall) {
  const auto wait = std::max(seconds{1}, std::chrono::ceil<seconds>(refusal.free_at - now));
  json::object detail{
      {"error", "rate_limited"},
      {"message", message},
      {"limits", json::object{{"per_minute", limits.per_minute}, {"per_hour", limits.per_hour}}},
      {"retry_after_seconds", wait.count()}};
  if (refusal.banned_until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*refusal.banned_until - now);
    detail["ban_expires_at"] = std::chrono::ceil<seconds>((wall + left).time_since_epoch()).count();
    detail["violation_count"] = refusal.violations;
  }
  Response response = json_response(429, superset(std::move(detail)));
  response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  return response;
}

Response scope_missing(model::Scope has, model::Scope needs) {
  return json_response(
      403, superset(json::object{
               {"error", "Forbidden"},
               {"message",
                fmt::format(
                    "This access token has the scope '{}'; this needs '{}'. Make one with `wellspring token "
                    "create --name NAME --scope {}`.",
                    model::name(has), model::name(needs), model::name(needs))},
               {"required_scope", model::name(needs)}}));
}

}  // namespace wellspring::http::wire
