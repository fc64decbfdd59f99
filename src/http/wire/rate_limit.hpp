#pragma once

#include <string_view>

#include "http/limit/rate_limiter.hpp"
#include "http/message.hpp"
#include "model/access_token.hpp"

namespace wellspring::http::wire {

/// 429 as contract 1.10 has it (`error` is `rate_limited`; `message`, `limits`, `retry_after_seconds`, and of
/// a banned client `ban_expires_at` in seconds since 1970 and `violation_count`), with a Retry-After that is
/// true. `now` and `wall` are the same moment.
Response rate_limited(std::string_view message, const RateLimits& limits, const RateRefusal& refusal,
                      SteadyTime now, Timestamp wall);

/// 403 that names both scopes.
Response scope_missing(model::Scope has, model::Scope needs);

}  // namespace wellspring::http::wire
