#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "mongo/pool_events.hpp"
#include "mongo/pool_state.hpp"

namespace wellspring::mongo {

/// Makes the connections of a pool and keeps them by slot. Called from many threads, but for one slot never
/// by two at once, interrupt() excepted. No call may come back into the pool, establish() excepted.
class ConnectionFactory {
 public:
  virtual ~ConnectionFactory() = default;
  /// Connects and proves it by a round trip. Blocks; ends early when interrupted.
  virtual Result<void> establish(Slot slot, std::uint64_t connection) = 0;
  virtual void close(Slot slot, CloseReason reason) = 0;
  /// Whether an idle connection's socket is still open and silent. Does not block; called under the pool's
  /// lock.
  virtual bool is_alive(Slot slot) = 0;
  /// A round trip on an idle connection. Blocks; ends early when interrupted.
  virtual bool ping(Slot slot) = 0;
  /// Cuts whatever this connection is doing, or is about to do: it may come before establish() of the same
  /// connection, and after the slot went to another one, which it then leaves alone. Thread-safe.
  virtual void interrupt(Slot slot, std::uint64_t connection) = 0;
};

}  // namespace wellspring::mongo
