#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "fake_mongod/faults.hpp"
#include "fake_mongod/ledger.hpp"
#include "fake_mongod/topology.hpp"

namespace wellspring::testing {

/// What a TLS server shows of itself, in PEM.
struct TlsIdentity {
  std::string certificate;
  std::string private_key;
};

struct FakeMongodOptions {
  std::uint16_t port = 0;  ///< 0: any free one
  TopologyOptions topology = {};
  std::optional<std::size_t> max_connections =
      {};                               ///< beyond it a connection is closed as soon as it is accepted
  std::optional<TlsIdentity> tls = {};  ///< nothing: plain TCP
};

/// Which connections kill() means; an empty member excludes nothing.
struct ConnectionFilter {
  std::optional<Role> role = {};
  std::optional<std::string> app_name = {};
  bool idle_only = false;                 ///< none that has a request unanswered
  std::optional<std::size_t> first = {};  ///< only so many, the most recently used first
};

/// A MongoDB-compatible server on 127.0.0.1 that counts its connections exactly and fails on demand. Data
/// lives in memory. It runs on one thread of its own from construction to destruction. All members are
/// thread-safe; a fault or a kill is in force when its call returns. The constructor throws
/// boost::system::system_error when the port is taken or the TLS identity is wrong.
class FakeMongod {
 public:
  explicit FakeMongod(const FakeMongodOptions& options = {});
  ~FakeMongod();
  FakeMongod(const FakeMongod&) = delete;
  FakeMongod& operator=(const FakeMongod&) = delete;

  std::uint16_t port() const;
  /// `parameters` goes behind the question mark.
  std::string uri(const std::string& parameters = {}) const;

  Ledger snapshot() const;
  /// False when `limit` passed first. The predicate is asked under a lock: it must not call this object.
  bool wait_until(const std::function<bool(const Ledger&)>& predicate, std::chrono::milliseconds limit) const;

  int add_fault(FaultRule rule);
  void remove_fault(int id);
  void clear_faults();

  /// Closes the listening port: connecting is refused. The port stays ours. Open connections stay.
  void refuse();
  /// Listens again on the same port.
  void accept();
  void set_max_connections(std::optional<std::size_t> limit);
  /// How many were closed. `how` is kClose, kReset or kHalfClose.
  std::size_t kill(const ConnectionFilter& filter, Effect how = Effect::kClose);
  /// For a replica set: whether hello calls this member the writable primary. Waiting hellos return at once.
  void set_writable_primary(bool writable);
  std::size_t open_cursors() const;
  /// Forgets all collections, cursors and retryable writes.
  void clear_data();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace wellspring::testing
