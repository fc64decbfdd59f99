#pragma once

#include <memory>

#include "app/storage.hpp"
#include "mongo/driver/pools.hpp"
#include "store/mongo/mongo_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace wellspring::app {

/// The pools' sizes and limits as the settings say; what contradicts itself is found by Pools.
mongo::driver::PoolsOptions pools_options(const config::Settings& settings);

/// The database: mongo.database, else the one in the path of the connection string, else `wellspring`.
std::string mongo_database(const config::Settings& settings, const std::string& in_path);

store::mongo::MongoStoreOptions mongo_store_options(const config::Settings& settings,
                                                    const std::string& database);

/// In MongoDB, through three pools, which begin to connect. `local` keeps what arrives while it is away.
/// Errors: kInvalidArgument naming the option.
Result<std::unique_ptr<Storage>> open_mongo_storage(const config::Settings& settings,
                                                    std::unique_ptr<store::sqlite::SqliteStore> local,
                                                    const StorageParts& parts);

}  // namespace wellspring::app
