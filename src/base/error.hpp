#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wellspring {

/// The closed set of ways in which an operation can fail. Foreign errors (SQLite, ONNX Runtime, sockets, HTTP
/// peers) are mapped to one of these once, in the adapter that met them; nothing above sees a foreign error.
enum class ErrorKind {
  kInvalidArgument,  ///< the caller's input is wrong; the same call can never work
  kNotFound,         ///< the named thing does not exist
  kConflict,         ///< the named thing exists already, or another process holds it
  kUnauthenticated,  ///< no credentials, or wrong ones
  kTooLarge,         ///< over a documented limit
  kOverloaded,       ///< a bounded queue is full; try again later
  kDeadline,         ///< the time allowed ran out
  kCancelled,        ///< the caller went away, or the process is stopping
  kUnavailable,      ///< a dependency cannot be reached
  kUpstream,         ///< a dependency answered with an error or with nonsense
  kCorrupt,          ///< stored data fails its own checks
  kUnsupported,      ///< asked for something this build or configuration cannot do
  kResource,         ///< disk, memory or descriptors ran out
  kBug,              ///< an invariant of ours does not hold
};

enum class Retryable { kNo, kYes };

/// What follows from a kind, in one place: HTTP status, whether trying again can help, the label in metrics.
struct ErrorKindInfo {
  ErrorKind kind;
  std::string_view name;
  int http_status;
  Retryable retryable;
};

inline constexpr std::array<ErrorKindInfo, 14> kErrorKinds{{
    {ErrorKind::kInvalidArgument, "invalid_argument", 422, Retryable::kNo},
    {ErrorKind::kNotFound, "not_found", 404, Retryable::kNo},
    {ErrorKind::kConflict, "conflict", 409, Retryable::kNo},
    {ErrorKind::kUnauthenticated, "unauthenticated", 401, Retryable::kNo},
    {ErrorKind::kTooLarge, "too_large", 413, Retryable::kNo},
    {ErrorKind::kOverloaded, "overloaded", 503, Retryable::kYes},
    {ErrorKind::kDeadline, "deadline", 504, Retryable::kYes},
    {ErrorKind::kCancelled, "cancelled", 503, Retryable::kYes},
    {ErrorKind::kUnavailable, "unavailable", 503, Retryable::kYes},
    {ErrorKind::kUpstream, "upstream", 502, Retryable::kYes},
    {ErrorKind::kCorrupt, "corrupt", 500, Retryable::kNo},
    {ErrorKind::kUnsupported, "unsupported", 501, Retryable::kNo},
    {ErrorKind::kResource, "resource", 503, Retryable::kYes},
    {ErrorKind::kBug, "bug", 500, Retryable::kNo},
}};

constexpr const ErrorKindInfo& info(ErrorKind kind) {
  return kErrorKinds[static_cast<std::size_t>(kind)];
}

/// A failure. `message` follows one form: operation, subject, observed against allowed, what to do. It holds
/// no secret and no URI with credentials, and may be shown to an operator; `subject` names the thing it is
/// about.
struct Error {
  ErrorKind kind = ErrorKind::kBug;
  std::string message;
  std::string subject;
};

/// Thrown only where a constructor or start-up cannot go on, and by Result::value() on an error nobody
/// checked.
class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

}  // namespace wellspring
