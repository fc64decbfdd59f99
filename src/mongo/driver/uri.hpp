#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "mongo/driver/handles.hpp"

namespace wellspring::mongo::driver {

/// A connection string as we use it. The pools' sizes and waits are the budget's, so what the string says of
/// them is taken out before libmongoc sees it, and told.
struct ConnectionString {
  UriHandle uri;
  std::string database;                ///< of the path; may be empty
  std::string hosts;                   ///< "a:27017,b:27018", for messages: a URI is never shown
  std::vector<std::string> set_aside;  ///< options that contradict the budget, as "minPoolSize=3"
};

/// kInvalidArgument with a sentence that names what is wrong and quotes nothing secret.
Result<ConnectionString> read_connection_string(const std::string& text);

}  // namespace wellspring::mongo::driver
