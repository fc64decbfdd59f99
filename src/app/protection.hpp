#pragma once

#include "config/settings.hpp"
#include "http/access.hpp"
#include "http/request_limits.hpp"
#include "store/token_file.hpp"

namespace wellspring::app {

http::RequestLimitOptions request_limit_options(const config::Settings& settings);

/// `stored` outlives the server that gets the options.
http::AccessOptions access_options(const config::Settings& settings, store::TokenWatch& stored);

/// Tells the operator at the start what is open though it may not be meant to be. `reachable`: from other
/// machines.
void warn_of_openings(const config::Settings& settings, store::TokenWatch& stored, bool reachable,
                      obs::Log& log);

}  // namespace wellspring::app
