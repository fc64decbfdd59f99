#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.hpp"
#include "fake_mongod/faults.hpp"
#include "fake_mongod/shared_ledger.hpp"
#include "fake_mongod/store.hpp"
#include "fake_mongod/topology.hpp"
#include "fake_mongod/wire.hpp"

namespace wellspring::testing {

/// What the connections of one server share, and the commands they run. All of it is used on the server's
/// thread alone, but for `ledger`, which is thread-safe.
class Engine {
 public:
  Engine(const TopologyOptions& options, std::uint16_t port);

  /// Runs a command other than hello. Never throws CommandError: that becomes the reply.
  Document answer(const Request& request);
  Document hello_reply(std::int64_t connection_id) const;
  /// Counts what concerns sessions, whether or not the command is going to run.
  void note_session(const bson_t& command);

  SystemClock clock;
  SharedLedger ledger;
  Topology topology;
  FaultPlan faults;
  Store store;
  /// Wakes the hellos that wait for a change of the topology. Set by the server.
  std::function<void()> wake_hellos;
};

/// hello in any of its spellings.
bool is_hello(const std::string& command);

Document error_reply(int code, const std::string& name, const std::string& message);

}  // namespace wellspring::testing
