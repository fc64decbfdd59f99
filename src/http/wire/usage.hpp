#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

#include "rag/spend.hpp"

/// What answers cost (contract 1.12).
namespace wellspring::http::wire {

/// `ok`, `info`, `warning` or `error`.
std::string_view name(rag::SpendLevel level);

/// `{"daily","hourly"}`, each with cost, limit, what remains of it (null without a limit), percentage and
/// tokens.
boost::json::object to_json(const rag::SpendRecord& record, const rag::SpendLimits& limits);

/// `{"status","warning_level"}`: the level, and null while all is well.
boost::json::object usage_status_json(rag::SpendLevel level);

}  // namespace wellspring::http::wire
