#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"

/// Error bodies (contract D2): `{"detail": X}` plus the members of X when X is an object, so that readers of
/// either form find what they look for.
namespace wellspring::http::wire {

Response json_response(int status, const boost::json::value& body);

/// `{"detail": X}` with the members of X beside it.
boost::json::object superset(boost::json::value detail);
/// `{"detail": "..."}`
Response error_response(int status, std::string_view detail);
/// `{"detail": {"error", "message"}, "error", "message"}`
Response error_response(int status, std::string_view error, std::string_view message);
/// Status by the kind. A message about the caller's input is passed on; one about our insides is not.
Response error_response(const Error& error);
/// 503 for a limit that is taken, with Retry-After.
Response busy_response(std::string_view what);

/// What may be told to anyone about a failed answer.
std::string public_message(const Error& error);

/// An entry of a 422 body, as contract 1.0 shows it. Integer path elements are written as numbers.
struct Problem {
  std::string type;
  std::vector<std::string> loc;
  std::string msg;
  std::string input_json = "null";  ///< a short JSON text
};
Response validation_response(const std::vector<Problem>& problems);
boost::json::array to_json(const std::vector<Problem>& problems);

}  // namespace wellspring::http::wire
