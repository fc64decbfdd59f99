#include "store_mongo/server_fake.hpp"

#include "store_mongo/server.hpp"

namespace wellspring::store::mongo::testing {
namespace {

std::unique_ptr<::wellspring::testing::FakeMongod>& server() {
  static std::unique_ptr<::wellspring::testing::FakeMongod> fake;
  return fake;
}

std::unique_ptr<TestPool>& victim() {
  static std::unique_ptr<TestPool> pool;
  return pool;
}

}  // namespace

::wellspring::testing::FakeMongod& fake_server() {
  return *server();
}

::wellspring::mongo::driver::MongoPool& victim_pool() {
  if (!victim()) {
    victim() = std::make_unique<TestPool>(fake_server().uri("retryWrites=false&retryReads=false"), kVictim);
  }
  return victim()->get();
}

std::optional<std::string> Server::start() {
  server() = std::make_unique<::wellspring::testing::FakeMongod>();
  set_shared_pool(std::make_unique<TestPool>(server()->uri()));
  return std::nullopt;
}

void Server::stop() {
  victim().reset();
  server().reset();
}

}  // namespace wellspring::store::mongo::testing
