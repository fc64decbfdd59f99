#pragma once

#include <chrono>
#include <optional>

#include "base/error.hpp"

namespace wellspring::sync {

struct RetryOptions {
  int attempts_max = 5;  ///< then the job is dead
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_max{60'000};
};

/// How long to wait after the `failures`-th failure in a row (counted from 1): doubling, capped, less a share
/// of up to half of it for `jitter` in [0, 1).
std::chrono::milliseconds backoff(int failures, double jitter, const RetryOptions& options);

/// The backoff after the `attempts`-th failed attempt. Empty: give up, because the attempts are used up or
/// because an error of this kind comes again however often the same article is tried.
std::optional<std::chrono::milliseconds> retry_after(ErrorKind kind, int attempts, double jitter,
                                                     const RetryOptions& options);

}  // namespace wellspring::sync
