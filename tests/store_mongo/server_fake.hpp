#pragma once

#include "fake_mongod/fake_mongod.hpp"
#include "mongo/driver/mongo_pool.hpp"

namespace wellspring::store::mongo::testing {

/// The server that store_mongo_test runs on.
::wellspring::testing::FakeMongod& fake_server();

/// The application name of victim_pool().
inline constexpr const char* kVictim = "wellspring:victim";
/// Connections of a process that a test cuts off. Its driver does not try again by itself.
::wellspring::mongo::driver::MongoPool& victim_pool();

}  // namespace wellspring::store::mongo::testing
