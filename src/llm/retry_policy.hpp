#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace wellspring::llm {

struct RetryPolicy {
  int attempts = 3;  ///< in all, the first included
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_max{8'000};
};

/// Why an attempt brought no text, and what follows from it.
struct AttemptFailure {
  Error error;
  Retryable retryable = Retryable::kNo;
  std::optional<std::chrono::milliseconds> retry_after;  ///< the provider's own wish
};

/// Classifies an HTTP status other than 200: 408, 425, 429 and 5xx are worth another try. Credentials that
/// the provider refuses are kUpstream, not kUnauthenticated: they are the operator's, not those of the person
/// who asks.
AttemptFailure classify_status(int status, std::string_view retry_after, std::string_view detail,
                               Timestamp now);

/// `Retry-After` as seconds (fractions allowed) or as an HTTP date; empty when it is neither. Never negative.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, Timestamp now);

/// The wait before the next attempt after `attempts_made`, or empty to give up: a final failure, no attempt
/// left, or a wait (backed off exponentially, never less than the provider asked for) that does not fit in
/// `left`. `jitter` in [0, 1) spreads the second half of the backoff, so that callers who failed together
/// part.
std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy, int attempts_made,
                                                     const AttemptFailure& failure,
                                                     std::chrono::milliseconds left, double jitter);

}  // namespace wellspring::llm
