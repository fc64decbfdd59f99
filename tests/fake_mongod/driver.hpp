#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <string>

#include "fake_mongod/document.hpp"
#include "fake_mongod/fake_mongod.hpp"

namespace wellspring::testing {

/// libmongoc's own pool, application name "pool", with its monitors at their quickest cadence. A server
/// without topologyVersion lets it close in milliseconds; else closing waits for a tick of the monitors, up
/// to 0.5 s.
class DriverPool {
 public:
  explicit DriverPool(const std::string& uri);
  ~DriverPool() { mongoc_client_pool_destroy(pool_); }
  DriverPool(const DriverPool&) = delete;
  DriverPool& operator=(const DriverPool&) = delete;

  mongoc_client_pool_t* get() { return pool_; }
  /// Pings over so many clients at once; false when a ping failed.
  bool warm(std::size_t connections);

 private:
  mongoc_client_pool_t* pool_;
};

/// A client out of a DriverPool.
class DriverLease {
 public:
  explicit DriverLease(DriverPool& pool) : pool_(pool), client_(mongoc_client_pool_pop(pool.get())) {}
  ~DriverLease() { mongoc_client_pool_push(pool_.get(), client_); }
  DriverLease(const DriverLease&) = delete;
  DriverLease& operator=(const DriverLease&) = delete;

  mongoc_client_t* client() { return client_; }
  /// Runs a command, given as JSON, on the database "test". The error's code; 0 when the command worked.
  std::uint32_t run(const std::string& json);
  bool ping() { return run(R"({"ping": 1})") == 0; }

 private:
  DriverPool& pool_;
  mongoc_client_t* client_;
};

/// A server whose hello carries no topologyVersion.
FakeMongodOptions without_topology_version();

}  // namespace wellspring::testing
