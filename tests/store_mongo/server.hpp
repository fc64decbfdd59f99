#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mongo/driver/mongo_pool.hpp"
#include "mongo/driver/topology.hpp"
#include "obs/log.hpp"
#include "store/mongo/mongo_store.hpp"

namespace wellspring::store::mongo::testing {

/// What all tests of a program share: one server, one pool of connections to it. Each test works in a
/// database of its own. The program's server_*.cpp says which server that is.
class Server {
 public:
  /// Called once, before the first test. A sentence when there is no server to test against.
  static std::optional<std::string> start();
  /// Called after the last test.
  static void stop();
};

/// The pool of a URI, for tests. Waits until the server has answered.
class TestPool {
 public:
  explicit TestPool(const std::string& uri, const std::string& app_name = "wellspring:test");
  ~TestPool();
  ::wellspring::mongo::driver::MongoPool& get() { return *pool_; }

 private:
  SystemClock clock_;
  ::wellspring::mongo::Keeper keeper_{clock_};
  std::unique_ptr<::wellspring::mongo::driver::Topology> topology_;
  std::unique_ptr<::wellspring::mongo::driver::MongoPool> pool_;
};

obs::Log& test_log();
/// The shared pool.
::wellspring::mongo::driver::MongoPool& shared_pool();
void set_shared_pool(std::unique_ptr<TestPool> pool);
/// A database that nobody has used yet.
std::string fresh_database();

/// A store in a database, over the shared pool or another one. Not prepared.
std::unique_ptr<MongoStore> open_store(const std::string& database,
                                       ::wellspring::mongo::driver::MongoPool& pool = shared_pool());

}  // namespace wellspring::store::mongo::testing
