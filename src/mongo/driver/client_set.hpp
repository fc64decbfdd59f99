#pragma once

#include <deque>
#include <vector>

#include "base/mutex.hpp"
#include "mongo/connection_factory.hpp"
#include "mongo/driver/seat.hpp"
#include "mongo/driver/topology.hpp"

namespace wellspring::mongo::driver {

/// Whether retiring one client (topology.hpp) was proved on this release of libmongoc.
constexpr bool is_retiring_proved(int major, int minor) {
  return major == 1 && (minor == 23 || minor == 30);
}

/// The connections of one pool: pooled clients of libmongoc, out of a topology that other pools may share.
/// Each client's socket is ours (socket_stream.hpp).
class ClientSet final : public ConnectionFactory {
 public:
  /// `places` as many as the pool has slots. `try_retiring`: before the first connection one client is
  /// connected and retired, and unless that closed its socket nothing connects (kUnsupported).
  ClientSet(Topology& topology, std::size_t places, std::size_t handshakes_max,
            bool try_retiring = !is_retiring_proved(mongoc_get_major_version(), mongoc_get_minor_version()));

  Result<void> establish(Slot slot, std::uint64_t connection) override;
  void close(Slot slot, CloseReason reason) override;
  bool is_alive(Slot slot) override;
  bool ping(Slot slot) override;
  void interrupt(Slot slot, std::uint64_t connection) override;
  /// The topology has a server to write to.
  void server_found() { gate_.forget_failures(); }

  /// For connections that nobody holds.
  void set_deadlines(SteadyTime at) {
    for (Seat& seat : seats_) seat.set_deadline(at);
  }
  /// For the holder of the slot's lease alone.
  mongoc_client_t* client(Slot slot) { return clients_[slot]; }
  Seat& seat(Slot slot) { return seats_[slot]; }
  SocketReport sockets() const { return books_.report(); }

 private:
  /// A client that answered a ping over this seat.
  Result<mongoc_client_t*> connect(Seat& seat);
  Result<void> require_retiring(Seat& seat);

  Topology& topology_;
  SocketBooks books_;
  Gate gate_;
  std::deque<Seat> seats_;
  std::vector<mongoc_client_t*> clients_;  ///< by slot; each the factory's or its holder's
  Mutex trial_mutex_;
  enum class Trial { kDue, kPassed, kFailed };
  Trial trial_ WELLSPRING_GUARDED_BY(trial_mutex_);
};

}  // namespace wellspring::mongo::driver
