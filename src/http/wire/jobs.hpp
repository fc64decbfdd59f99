#pragma once

#include <boost/json/fwd.hpp>
#include <map>
#include <optional>
#include <string_view>

#include "model/job.hpp"

namespace wellspring::http::wire {

/// `{"id", "article_id", "locale", "title", "updated_at", "kind", "priority", "state", "outcome", "attempts",
/// "last_error", "accepted_at", "not_before", "finished_at"}`; unknown times are null.
boost::json::object to_json(const model::Job& job);
boost::json::object to_json(const std::map<model::JobState, std::size_t>& counts);

std::optional<model::JobState> parse_job_state(std::string_view text);

/// A time of the wire, null when absent.
boost::json::value to_json(const std::optional<Timestamp>& at);

}  // namespace wellspring::http::wire
