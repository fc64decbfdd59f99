#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.hpp"

/// How the members of an article are written in JSON. Every reader gives nothing for a value that it does not
/// accept.
namespace wellspring::sync {

/// A string without NUL.
std::optional<std::string> read_text(const boost::json::value& value);

/// A non-empty string, or a whole number as its decimal text (SQL adapters of the CMS number their rows), so
/// that 1 and "1" are the same id.
std::optional<std::string> read_id(const boost::json::value& value);

/// An id, or the populated object of a relationship with its `id`.
std::optional<std::string> read_relation(const boost::json::value& value);

/// An ISO 8601 string, or a number of seconds or milliseconds since 1970.
std::optional<Timestamp> read_time(const boost::json::value& value);

}  // namespace wellspring::sync
