#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "mongo/connection_factory.hpp"
#include "mongo/driver/handles.hpp"
#include "mongo/driver/seat.hpp"

namespace wellspring::mongo::driver {

struct ClientSetOptions {
  std::string app_name;  ///< by which the server knows these connections
  std::size_t places = 50;
  std::size_t handshakes_max = 2;
};

/// The connections of one pool: pooled clients of libmongoc over one topology. What libmongoc's own pool
/// lacks is done around it: each client's socket is ours (socket_stream.hpp), and one client is retired by
/// public means alone:
///
///     push(V); min_size(1); push(S); min_size(0); pop() -> S
///
/// S is a spare client that never connects. With S on top the queue is longer than the "minimum", so
/// libmongoc destroys its tail, which is V (mongoc-client-pool.c, 1.23.1). Every call of libmongoc's pool
/// happens under one lock, or another thread could take V or S in between.
class ClientSet final : public ConnectionFactory {
 public:
  /// Told when the topology comes to have a server to write to, and when it has none any more, with the last
  /// reason. From a thread of libmongoc's, which holds locks of its own: to be brief, and no call back.
  using OnReachable = std::function<void(bool reachable, const std::string& why)>;

  /// Throws Failure where libmongoc makes nothing of the URI. Opens no socket.
  ClientSet(const mongoc_uri_t* uri, const ClientSetOptions& options);
  /// A client that is still out is not torn from its holder: libmongoc's pool is then left as it is.
  ~ClientSet() override;

  /// Begins to monitor the servers; waits for nothing.
  void start(OnReachable on_reachable);

  Result<void> establish(Slot slot, std::uint64_t connection) override;
  void close(Slot slot, CloseReason reason) override;
  bool is_alive(Slot slot) override;
  bool ping(Slot slot) override;
  void interrupt(Slot slot, std::uint64_t connection) override;

  /// For the holder of the slot's lease alone.
  mongoc_client_t* client(Slot slot) { return clients_[slot]; }
  Seat& seat(Slot slot) { return seats_[slot]; }

  std::uint64_t sockets_opened() const { return books_.opened; }
  std::uint64_t sockets_closed() const { return books_.closed; }
  std::uint64_t heartbeats(bool succeeded) const { return succeeded ? heartbeats_ : failed_heartbeats_; }

  /// Ends sessions, sockets and monitors; every lease must be home. Takes as long as a monitor sleeps, up to
  /// half a second. A second call does nothing.
  void shut_down();

 private:
  friend struct Monitoring;
  void retire(mongoc_client_t* client) WELLSPRING_REQUIRES(mutex_);
  void take_topology(bool reachable);

  OnReachable on_reachable_;  ///< set before there is a thread that calls it
  SocketBooks books_;
  Gate gate_;
  std::deque<Seat> seats_;
  std::vector<mongoc_client_t*> clients_;  ///< by slot; each the factory's or its holder's
  std::atomic<std::uint64_t> heartbeats_{0};
  std::atomic<std::uint64_t> failed_heartbeats_{0};
  Mutex reason_mutex_;
  std::string last_failure_ WELLSPRING_GUARDED_BY(reason_mutex_);
  std::atomic<bool> reachable_{false};
  Mutex mutex_;
  mongoc_client_pool_t* pool_ WELLSPRING_GUARDED_BY(mutex_) = nullptr;
  mongoc_client_t* spare_ WELLSPRING_GUARDED_BY(mutex_) = nullptr;
  std::vector<mongoc_client_t*> kept_ WELLSPRING_GUARDED_BY(mutex_);  ///< for the shutdown
};

}  // namespace wellspring::mongo::driver
