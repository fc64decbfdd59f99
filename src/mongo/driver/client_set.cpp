#include "mongo/driver/client_set.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/assert.hpp"
#include "mongo/driver/errors.hpp"
#include "mongo/driver/socket_stream.hpp"

namespace wellspring::mongo::driver {
namespace {

/// A round trip that needs no rights.
bool ping_over(mongoc_client_t* client, bson_error_t* error) {
  const BsonHandle command(BCON_NEW("ping", BCON_INT32(1)));
  return mongoc_client_command_simple(client, "admin", command.get(), nullptr, nullptr, error);
}

}  // namespace

ClientSet::ClientSet(Topology& topology, std::size_t places, std::size_t handshakes_max, bool try_retiring)
    : topology_(topology),
      gate_(handshakes_max),
      clients_(places, nullptr),
      trial_(try_retiring ? Trial::kDue : Trial::kPassed) {
  for (std::size_t place = 0; place < places; ++place) seats_.emplace_back(books_, gate_);
}

Result<mongoc_client_t*> ClientSet::connect(Seat& seat) {
  mongoc_client_t* const client = topology_.take();
  if (client == nullptr) return fail(ErrorKind::kCancelled, "connecting: the pool is shut down");
  mongoc_client_set_stream_initiator(client, open_stream, &seat);
  bson_error_t error;
  bson_set_error(&error, MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
                 "the server is lost");
  // libmongoc would wait for a server, for seconds and out of reach of an interruption.
  if (topology_.reachable() && ping_over(client, &error)) return client;
  topology_.retire(client);
  Error why = classify(error, "connecting");
  if (why.kind == ErrorKind::kUnauthenticated) books_.failed(ConnectStage::kAuth);
  return why;
}

Result<void> ClientSet::require_retiring(Seat& seat) {
  const MutexLock lock(trial_mutex_);
  if (trial_ == Trial::kDue) {
    const auto client = connect(seat);
    if (!client) return client.error();
    topology_.retire(*client);
    trial_ = seat.is_open() ? Trial::kFailed : Trial::kPassed;
  }
  if (trial_ == Trial::kPassed) return {};
  return fail(ErrorKind::kUnsupported,
              fmt::format("connecting: libmongoc {} does not close a single connection, so the pools could "
                          "not keep to their sizes; install libmongoc 1.23 or 1.30",
                          mongoc_get_version()));
}

Result<void> ClientSet::establish(Slot slot, std::uint64_t connection) {
  Seat& seat = seats_[slot];
  seat.assign(connection);
  seat.set_deadline(SteadyTime::max());
  if (auto retires = require_retiring(seat); !retires) return retires;
  const auto client = connect(seat);
  if (!client) return client.error();
  if (seat.is_cut()) {
    topology_.retire(*client);
    return fail(ErrorKind::kUnavailable, "interrupted");
  }
  clients_[slot] = *client;
  return {};
}

bool ClientSet::ping(Slot slot) {
  if (!topology_.reachable()) return false;
  seats_[slot].set_deadline(SteadyTime::max());
  bson_error_t error;
  return ping_over(clients_[slot], &error);
}

void ClientSet::close(Slot slot, CloseReason reason) {
  mongoc_client_t* const client = std::exchange(clients_[slot], nullptr);
  WELLSPRING_ASSERT(client != nullptr, "what is closed was open");
  if (reason == CloseReason::kPoolClosed) {
    topology_.keep(client);
  } else {
    topology_.retire(client);
  }
}

bool ClientSet::is_alive(Slot slot) {
  return seats_[slot].is_alive();
}

void ClientSet::interrupt(Slot slot, std::uint64_t connection) {
  seats_[slot].cut(connection);
}

}  // namespace wellspring::mongo::driver
