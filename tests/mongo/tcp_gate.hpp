#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace wellspring::testing {

struct GateCounts {
  std::size_t current = 0;
  std::size_t total = 0;  ///< accepted so far
  std::size_t peak = 0;
  std::size_t refused = 0;  ///< attempts turned away
};

/// A TCP gate in front of a server that cannot count its connections or fail on demand: passes bytes on,
/// counts, and is the network's faults. Monitors are counted like all others. Listens on 127.0.0.1, on a
/// thread of its own. Thread-safe; a fault is in force when its call returns.
class TcpGate {
 public:
  TcpGate(const std::string& host, std::uint16_t port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  std::uint16_t port() const;
  GateCounts counts() const;
  /// Waits until so many are open. False when `limit` passed first.
  bool wait_current(std::size_t count, std::chrono::milliseconds limit) const;

  /// Connections are accepted and closed at once.
  void refuse();
  /// Connections are accepted, and nothing is passed on over any of them, old or new.
  void black_hole();
  /// As usual again. What a black hole held back is passed on.
  void pass();
  /// Replies are passed on so much later.
  void delay(std::chrono::milliseconds time);
  /// Closes open connections in both directions, the most recently used first. How many.
  std::size_t cut(std::size_t most);
  std::size_t cut_all();

 private:
  class Relay;
  std::unique_ptr<Relay> relay_;
};

}  // namespace wellspring::testing
