#include "sync/retry_policy.hpp"

#include <algorithm>

namespace wellspring::sync {
namespace {

bool depends_on_article_alone(ErrorKind kind) {
  return kind == ErrorKind::kInvalidArgument || kind == ErrorKind::kTooLarge ||
         kind == ErrorKind::kUnsupported;
}

}  // namespace

std::chrono::milliseconds backoff(int failures, double jitter, const RetryOptions& options) {
  std::chrono::milliseconds wait = std::min(options.backoff_first, options.backoff_max);
  for (int i = 1; i < failures && wait < options.backoff_max; ++i)
    wait = std::min(wait * 2, options.backoff_max);
  return wait - std::chrono::duration_cast<std::chrono::milliseconds>(wait * (jitter / 2));
}

std::optional<std::chrono::milliseconds> retry_after(ErrorKind kind, int attempts, double jitter,
                                                     const RetryOptions& options) {
  if (attempts >= options.attempts_max || depends_on_article_alone(kind)) return std::nullopt;
  return backoff(attempts, jitter, options);
}

}  // namespace wellspring::sync
