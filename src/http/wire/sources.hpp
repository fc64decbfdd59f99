#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>
#include <vector>

#include "http/wire/json_body.hpp"
#include "model/source.hpp"

/// Sources as contract 1.7 writes them.
namespace wellspring::http::wire {

/// `name`, `type` and `uri` are required and not empty. `id`, `status`, `created_at` and `updated_at` are
/// checked and then ignored: the server sets them. Members the contract does not know are ignored.
Parsed<model::NewSource> parse_new_source(std::string_view body);

/// Any of the members. Null is refused but for `last_ingested_at`: what has no value cannot be read back.
Parsed<model::SourceChanges> parse_source_changes(std::string_view body);

/// The contract's eight members, and `status_reason`, a sentence or null.
boost::json::object to_json(const model::Source& source);
boost::json::array to_json(const std::vector<model::Source>& sources);

}  // namespace wellspring::http::wire
