#pragma once

#include <vector>

#include "mongo/pool_report.hpp"
#include "mongo/socket_report.hpp"
#include "mongo/topology_report.hpp"

namespace wellspring::mongo {

/// All pools of the process at one moment.
struct PoolsReport {
  struct One {
    PoolReport pool;
    SocketReport sockets;
  };
  std::vector<One> pools;                  ///< vector, app, sources
  std::vector<TopologyReport> topologies;  ///< one each, or one for all
};

}  // namespace wellspring::mongo
