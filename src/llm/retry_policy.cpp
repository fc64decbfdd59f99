#include "llm/retry_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace wellspring::llm {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRetryAfterMax =
    std::chrono::hours{24};  // more is the same as never, and keeps the sum finite

std::string_view advice(int status) {
  switch (status) {
    case 401:
    case 403:
      return "check the API key";
    case 404:
      return "check the base URL and the model's name";
    case 429:
      return "the provider limits the rate; try again later";
    default:
      return status >= 500 ? "the provider is in trouble; try again later" : "check the model's options";
  }
}

ErrorKind kind_of(int status) {
  if (status == 429) return ErrorKind::kOverloaded;
  return status >= 500 || status == 408 || status == 425 ? ErrorKind::kUnavailable : ErrorKind::kUpstream;
}

}  // namespace

AttemptFailure classify_status(int status, std::string_view retry_after, std::string_view detail,
                               Timestamp now) {
  const ErrorKind kind = kind_of(status);
  // A refusal of the credentials may quote them.
  const bool may_quote = status != 401 && status != 403 && !detail.empty();
  return {
      .error = fail(kind, fmt::format("chat completion: HTTP {}{}{}; {}", status, may_quote ? ": " : "",
                                      may_quote ? detail : "", advice(status))),
      .retryable = kind == ErrorKind::kUpstream ? Retryable::kNo : Retryable::kYes,
      .retry_after = parse_retry_after(retry_after, now),
  };
}

std::optional<milliseconds> parse_retry_after(std::string_view value, Timestamp now) {
  double seconds = 0;
  const auto [end, failed] =
      std::from_chars(value.data(), value.data() + value.size(), seconds, std::chars_format::fixed);
  if (failed == std::errc{} && end == value.data() + value.size()) {
    if (!(seconds >= 0)) return std::nullopt;
    const double most = std::chrono::duration<double>(kRetryAfterMax).count();
    return std::chrono::ceil<milliseconds>(std::chrono::duration<double>(std::min(seconds, most)));
  }
  std::tm parts{};
  const std::string date(value);
  const char* rest = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const Timestamp at{std::chrono::seconds{::timegm(&parts)}};
  return std::clamp<milliseconds>(at - now, milliseconds{0}, kRetryAfterMax);
}

std::optional<milliseconds> retry_delay(const RetryPolicy& policy, int attempts_made,
                                        const AttemptFailure& failure, milliseconds left, double jitter) {
  if (failure.retryable == Retryable::kNo || attempts_made >= policy.attempts) return std::nullopt;
  milliseconds backoff = policy.backoff_first;
  for (int i = 1; i < attempts_made && backoff < policy.backoff_max; ++i) backoff *= 2;
  backoff = std::min(backoff, policy.backoff_max);
  const auto spread = std::chrono::floor<milliseconds>(backoff / 2 * jitter);
  const milliseconds delay =
      std::max(backoff - backoff / 2 + spread, failure.retry_after.value_or(milliseconds{0}));
  if (delay >= left) return std::nullopt;
  return delay;
}

}  // namespace wellspring::llm
