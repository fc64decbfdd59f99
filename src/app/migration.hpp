#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "obs/log.hpp"
#include "store/migrate.hpp"

namespace wellspring::app {

/// Copies everything from one place to another; each is a data directory or a MongoDB connection string. A
/// data directory is locked meanwhile; nobody may serve from a database meanwhile. The other options of
/// MongoDB are the settings'. Errors: kInvalidArgument for places that make no sense, kConflict when a server
/// holds a directory or jobs in it wait to be moved to MongoDB, and those of the stores.
Result<store::MigrationReport> migrate(const config::Settings& settings, const std::string& from,
                                       const std::string& to, const store::MigrationProgress& progress,
                                       const Clock& clock, obs::Log& log);

}  // namespace wellspring::app
