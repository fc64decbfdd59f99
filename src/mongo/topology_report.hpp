#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mongo/histogram.hpp"

namespace wellspring::mongo {

/// What a command took, by how it ended.
struct CommandReport {
  std::string command;  ///< as on the wire; "other" for what the store does not use
  Histogram succeeded;
  Histogram failed;
};

/// One set of monitored servers: of one pool each, or of all three.
struct TopologyReport {
  std::string app_name;  ///< by which the server knows its connections
  bool reachable = false;
  /// Two per server that streams its state, else one. After an outage one of the two stays away
  /// (docs/mongo-pool.md): this is what there can be at most.
  std::size_t monitor_sockets_expected = 0;
  std::uint64_t heartbeats = 0;  ///< answered
  std::uint64_t failed_heartbeats = 0;
  std::uint64_t times_lost = 0;  ///< from reachable to not
  std::vector<CommandReport> commands = {};
};

}  // namespace wellspring::mongo
