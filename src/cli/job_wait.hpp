#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"

namespace wellspring::cli {

/// The reply's JSON object when its status is 200 or `also`; `what` begins the error's message.
Result<boost::json::value> json_reply(Result<HttpReply> reply, std::string_view what, int also = 200);

/// Waits, with a progress bar, until none of the `count` jobs from `first` to `last` is open. Returns those
/// that died as "id: why".
Result<std::vector<std::string>> wait_for_jobs(const Context& context, HttpClient& client, std::size_t count,
                                               std::int64_t first, std::int64_t last);

}  // namespace wellspring::cli
