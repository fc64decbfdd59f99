#pragma once

#include <mongoc/mongoc.h>

#include <string_view>

#include "base/result.hpp"

namespace wellspring::mongo::driver {

/// libmongoc's error as one of ours, once. `operation` begins the message: "finding articles". kUnavailable
/// means that the connection or the server failed and that another try may work; kConflict a unique index.
Error classify(const bson_error_t& error, std::string_view operation);

/// Whether the connection that met this error is of no further use.
bool spoils_connection(const bson_error_t& error);

}  // namespace wellspring::mongo::driver
