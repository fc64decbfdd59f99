#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace wellspring::mongo {

/// Why a connection was closed.
enum class CloseReason {
  kIdle,        ///< unused for longer than the limit, above the minimum
  kStale,       ///< made before the pool was cleared
  kDead,        ///< its socket was closed by the other side while idle
  kError,       ///< its user or its handshake met a network error
  kTimeout,     ///< its user's operation ran out of time
  kDirty,       ///< given back with a cursor or transaction still open
  kPoolClosed,  ///< the pool is closed
};
inline constexpr std::size_t kCloseReasons = 7;
std::string_view name(CloseReason reason);

/// Why a connection was made.
enum class CreateCause {
  kWarmup,  ///< towards the minimum, before it was reached for the first time
  kDemand,  ///< somebody waits
  kRefill,  ///< back to the minimum
};
inline constexpr std::size_t kCreateCauses = 3;
std::string_view name(CreateCause cause);

/// How acquiring ended.
enum class AcquireOutcome {
  kImmediate,     ///< an idle connection was there
  kWaited,        ///< after a wait, a connection that somebody else gave back
  kCreated,       ///< after a wait, a fresh connection
  kTimeout,       ///< the deadline came first
  kCancelled,     ///< the caller went away
  kCleared,       ///< the pool was paused
  kClosed,        ///< the pool is closed
  kConnectError,  ///< no connection could be made, or the server is lost
};
inline constexpr std::size_t kAcquireOutcomes = 8;
std::string_view name(AcquireOutcome outcome);
constexpr bool has_connection(AcquireOutcome outcome) {
  return outcome <= AcquireOutcome::kCreated;
}

/// What happened, with the names of the CMAP specification ("Connection Monitoring and Pooling").
enum class PoolEventType {
  kConnectionPoolCreated,
  kConnectionPoolReady,
  kConnectionPoolCleared,
  kConnectionPoolClosed,
  kConnectionCreated,
  kConnectionReady,
  kConnectionClosed,
  kConnectionCheckOutStarted,
  kConnectionCheckOutFailed,
  kConnectionCheckedOut,
  kConnectionCheckedIn,
};
std::string_view name(PoolEventType type);

struct PoolEvent {
  PoolEventType type;
  std::uint64_t connection = 0;           ///< from 1, or 0 where the event has none
  CloseReason close_reason{};             ///< of kConnectionClosed
  AcquireOutcome outcome{};               ///< of kConnectionCheckOutFailed
  std::chrono::microseconds duration{0};  ///< of kConnectionReady, CheckedOut and CheckOutFailed
  bool interrupts_in_use = false;         ///< of kConnectionPoolCleared
};

/// Sees every event in order, called under the pool's lock: it must not call the pool and should take no
/// time.
class PoolObserver {
 public:
  virtual ~PoolObserver() = default;
  virtual void on_event(const PoolEvent& event) = 0;
};

}  // namespace wellspring::mongo
