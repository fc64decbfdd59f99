#pragma once

#include <boost/json/fwd.hpp>

#include "base/clock.hpp"
#include "mongo/pools_report.hpp"

namespace wellspring::http::wire {

/// The pools with who holds their connections, and sizes that the use so far suggests.
boost::json::object to_json(const mongo::PoolsReport& report, SteadyTime now);

}  // namespace wellspring::http::wire
