#include "fake_mongod/fake_mongod.hpp"
#include "store_mongo/server.hpp"

namespace wellspring::store::mongo::testing {
namespace {

std::unique_ptr<::wellspring::testing::FakeMongod>& server() {
  static std::unique_ptr<::wellspring::testing::FakeMongod> fake;
  return fake;
}

}  // namespace

std::optional<std::string> Server::start() {
  server() = std::make_unique<::wellspring::testing::FakeMongod>();
  set_shared_pool(std::make_unique<TestPool>(server()->uri()));
  return std::nullopt;
}

void Server::stop() {
  server().reset();
}

}  // namespace wellspring::store::mongo::testing
