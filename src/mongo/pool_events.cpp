#include "mongo/pool_events.hpp"

#include <array>

namespace wellspring::mongo {

std::string_view name(CloseReason reason) {
  constexpr std::array<std::string_view, kCloseReasons> kNames{"idle",    "stale", "dead",       "error",
                                                               "timeout", "dirty", "pool_closed"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view name(CreateCause cause) {
  constexpr std::array<std::string_view, kCreateCauses> kNames{"warmup", "demand", "refill"};
  return kNames[static_cast<std::size_t>(cause)];
}

std::string_view name(AcquireOutcome outcome) {
  constexpr std::array<std::string_view, kAcquireOutcomes> kNames{
      "immediate", "waited", "created", "timeout", "cancelled", "cleared", "closed", "connect_error"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string_view name(PoolEventType type) {
  constexpr std::array<std::string_view, 11> kNames{
      "ConnectionPoolCreated", "ConnectionPoolReady",       "ConnectionPoolCleared",
      "ConnectionPoolClosed",  "ConnectionCreated",         "ConnectionReady",
      "ConnectionClosed",      "ConnectionCheckOutStarted", "ConnectionCheckOutFailed",
      "ConnectionCheckedOut",  "ConnectionCheckedIn"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace wellspring::mongo
