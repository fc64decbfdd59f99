#pragma once

#include <deque>
#include <vector>

#include "mongo/connection_factory.hpp"
#include "mongo/driver/seat.hpp"
#include "mongo/driver/topology.hpp"

namespace wellspring::mongo::driver {

/// The connections of one pool: pooled clients of libmongoc, out of a topology that other pools may share.
/// Each client's socket is ours (socket_stream.hpp).
class ClientSet final : public ConnectionFactory {
 public:
  /// `places` as many as the pool has slots.
  ClientSet(Topology& topology, std::size_t places, std::size_t handshakes_max);

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
  Topology& topology_;
  SocketBooks books_;
  Gate gate_;
  std::deque<Seat> seats_;
  std::vector<mongoc_client_t*> clients_;  ///< by slot; each the factory's or its holder's
};

}  // namespace wellspring::mongo::driver
