#pragma once

#include <boost/json/fwd.hpp>

#include "http/message.hpp"
#include "http/wire/json_body.hpp"
#include "sync/reconcile_report.hpp"

namespace wellspring::http::wire {

boost::json::object to_json(const sync::ReconcileReport& report);

/// `{"dry_run", "remove_many"}`, both optional and false; an empty body is `{}`.
Parsed<sync::ReconcileRequest> parse_reconcile_request(const Request& request);

}  // namespace wellspring::http::wire
