#pragma once

#include "mongo/pools_report.hpp"
#include "obs/metrics.hpp"

namespace wellspring::app {

/// Brings the metrics mongo_* up to what the pools say.
void publish_pool_metrics(const mongo::PoolsReport& report, obs::Metrics& metrics);

}  // namespace wellspring::app
