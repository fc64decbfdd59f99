#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mongo/driver/mongo_pool.hpp"

namespace wellspring::mongo::driver {

/// What a server says of itself.
struct ServerStatus {
  /// Its connections, of all programs; nothing where it does not tell, as FerretDB.
  struct Connections {
    std::int64_t current = 0;
    std::int64_t available = 0;
    std::int64_t total_created = 0;
  };
  std::optional<Connections> connections;
  std::string version;
};

/// Asks by serverStatus on a connection of the pool. Blocks until `deadline` at most. A user who may not ask
/// gets a status without connections.
Result<ServerStatus> read_server_status(MongoPool& pool, SteadyTime deadline);

}  // namespace wellspring::mongo::driver
