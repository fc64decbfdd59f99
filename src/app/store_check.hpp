#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "model/job.hpp"
#include "obs/log.hpp"
#include "store/article_store.hpp"

namespace wellspring::app {

/// What a store holds.
struct StoreContent {
  store::StoreCounts counts;
  std::map<model::JobState, std::size_t> jobs;
};

/// The data directory's content; its lock must be held. Errors: those of opening and reading it.
Result<StoreContent> check_local_store(const config::Settings& settings);

/// A MongoDB server as doctor sees it.
struct MongoCheck {
  std::string hosts;
  std::string database;
  std::string version;
  StoreContent content;
  /// Of all programs together, the connections that the server allows; nothing where it does not tell.
  std::optional<std::int64_t> limit;
  std::int64_t in_use = 0;             ///< of these, when asked; our own left out
  std::size_t budget_min = 0;          ///< of one process at rest, monitors included
  std::size_t budget_max = 0;          ///< of one process at most, monitors included
  std::vector<std::string> set_aside;  ///< options of mongo.uri that are not used
};

/// Connects, reads, changes nothing, disconnects. Blocks for some seconds at most. Errors: kInvalidArgument
/// for settings that contradict each other; why the server cannot be used.
Result<MongoCheck> check_mongo(const config::Settings& settings, const Clock& clock, obs::Log& log);

}  // namespace wellspring::app
