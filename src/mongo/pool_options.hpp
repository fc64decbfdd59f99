#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace wellspring::mongo {

/// What a failed attempt to connect means for who waits.
enum class ConnectFailure {
  kKeepWaiting,      ///< tried again after a pause; a waiter fails only by its own deadline
  kFailOldestWaiter  ///< as the CMAP specification has it
};

/// What a pool promises. Read once at start.
struct PoolOptions {
  std::string name;                              ///< as in metrics and messages
  std::size_t min_size = 10;                     ///< kept open, idle or not
  std::size_t max_size = 50;                     ///< never exceeded, connections being opened included
  std::size_t connecting_max = 2;                ///< handshakes at once
  std::chrono::milliseconds idle_limit{30'000};  ///< idle longer is closed while above min_size; 0: never
  std::chrono::milliseconds wait_limit{5'000};   ///< for a connection, besides the caller's own deadline
  std::chrono::milliseconds sweep_every{1'000};  ///< a look at every idle socket
  std::chrono::milliseconds keepalive_after{60'000};  ///< idle longer is pinged; 0: never
  std::chrono::milliseconds overdue_after{30'000};    ///< a lease held longer is reported; 0: never
  std::chrono::milliseconds lost_limit{5'000};        ///< server unknown for longer: acquiring fails at once
  std::chrono::milliseconds retry_first{100};  ///< pause after a failed attempt to connect, doubled each time
  std::chrono::milliseconds retry_max{5'000};
  ConnectFailure on_connect_failure = ConnectFailure::kKeepWaiting;

  bool operator==(const PoolOptions&) const = default;
};

}  // namespace wellspring::mongo
