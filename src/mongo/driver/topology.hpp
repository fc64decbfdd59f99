#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "mongo/driver/handles.hpp"
#include "mongo/topology_report.hpp"

namespace wellspring::mongo::driver {

/// What is known of the servers, and the clients of libmongoc that share it: one mongoc_client_pool_t, its
/// monitors, and the means to make and to retire one client. What libmongoc's own pool lacks is done by
/// public means alone; one client V is retired by
///
///     push(V); min_size(1); push(S); min_size(0); pop() -> S
///
/// S is a spare client that never connects. With S on top the queue is longer than the "minimum", so
/// libmongoc destroys its tail, which is V (mongoc-client-pool.c, 1.23.1). Every call of libmongoc's pool
/// happens under one lock, or another thread could take V or S in between. Thread-safe.
class Topology {
 public:
  /// Told when there comes to be a server to write to, and when there is none any more, with the reason. From
  /// a thread of libmongoc's, which holds locks of its own: to be brief, and no call back.
  using OnReachable = std::function<void(bool reachable, const std::string& why)>;

  /// Throws Failure where libmongoc makes nothing of the URI. Opens no socket. `clients_max` is the sum over
  /// all pools.
  Topology(const mongoc_uri_t* uri, const std::string& app_name, std::size_t clients_max);
  /// A client that is still out is not torn from its holder: libmongoc's pool is then left as it is.
  ~Topology();

  /// Before start().
  void add_listener(OnReachable listener);
  /// Begins to monitor the servers; waits for nothing.
  void start();

  /// A client that has not connected yet; null after the end.
  mongoc_client_t* take();
  /// Closes this client's sockets and no other's.
  void retire(mongoc_client_t* client);
  /// Takes a client back for the end: one that is connected is needed to end the sessions.
  void keep(mongoc_client_t* client);
  /// Ends sessions, sockets and monitors. Takes as long as a monitor sleeps, up to half a second, and with a
  /// server that does not answer up to connectTimeoutMS. False when a client is still out: nothing is ended
  /// then. A second call does nothing more.
  bool shut_down();

  bool reachable() const { return reachable_; }
  /// One sentence; empty while reachable.
  std::string why_lost() const;
  TopologyReport report() const;

 private:
  friend struct Callbacks;
  void take_description(const mongoc_topology_description_t* description);
  std::string diagnosis() const;
  void take_failure(const std::string& message);
  void take_command(const char* command, bool succeeded, std::int64_t microseconds);

  const std::string app_name_;
  std::string hosts_;
  std::vector<OnReachable> listeners_;  ///< set before there is a thread that calls them
  std::atomic<bool> reachable_{false};
  std::atomic<std::uint64_t> heartbeats_{0};
  std::atomic<std::uint64_t> failed_heartbeats_{0};
  std::atomic<std::uint64_t> times_lost_{0};
  std::atomic<std::size_t> monitor_sockets_{0};
  mutable Mutex facts_mutex_;
  std::string last_failure_ WELLSPRING_GUARDED_BY(facts_mutex_);
  std::string trouble_ WELLSPRING_GUARDED_BY(facts_mutex_);  ///< with servers that answer
  std::map<std::string, CommandReport, std::less<>> commands_ WELLSPRING_GUARDED_BY(facts_mutex_);
  Mutex mutex_;
  mongoc_client_pool_t* pool_ WELLSPRING_GUARDED_BY(mutex_) = nullptr;
  mongoc_client_t* spare_ WELLSPRING_GUARDED_BY(mutex_) = nullptr;
  std::size_t out_ WELLSPRING_GUARDED_BY(mutex_) = 0;
  std::vector<mongoc_client_t*> kept_ WELLSPRING_GUARDED_BY(mutex_);
};

}  // namespace wellspring::mongo::driver
