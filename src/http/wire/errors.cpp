#include "http/wire/errors.hpp"

#include <boost/json.hpp>

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

constexpr int kRetrySeconds = 1;

bool is_about_input(ErrorKind kind) {
  return info(kind).http_status < 500;
}

bool is_integer(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

json::object superset(json::value detail) {
  json::object body;
  body["detail"] = detail;
  if (const json::object* members = detail.if_object()) {
    for (const auto& [key, value] : *members) body.insert_or_assign(key, value);
  }
  return body;
}

Response json_response(int status, const json::value& body) {
  Response response;
  response.status = status;
  response.body = json::serialize(body);
  return response;
}

Response error_response(int status, std::string_view detail) {
  return json_response(status, superset(json::value(json::string(detail))));
}

Response error_response(int status, std::string_view error, std::string_view message) {
  return json_response(status, superset(json::object{{"error", error}, {"message", message}}));
}

std::string public_message(const Error& error) {
  if (is_about_input(error.kind)) return error.message;
  switch (error.kind) {
    case ErrorKind::kOverloaded:
      return "Too busy to take this on now. Please try again in a moment.";
    case ErrorKind::kDeadline:
      return "This took too long and was given up. Please try again.";
    case ErrorKind::kCancelled:
      return "The server is stopping. Please try again in a moment.";
    case ErrorKind::kUnavailable:
    case ErrorKind::kUpstream:
      return "A service needed for this does not answer. Please try again later.";
    case ErrorKind::kUnsupported:
      return error.message;
    default:
      return "Something went wrong on our side. Please try again later.";
  }
}

Response error_response(const Error& error) {
  const ErrorKindInfo& kind = info(error.kind);
  Response response = error_response(kind.http_status, kind.name, public_message(error));
  if (kind.retryable == Retryable::kYes)
    response.headers.emplace_back("Retry-After", std::to_string(kRetrySeconds));
  response.error = error;
  return response;
}

Response busy_response(std::string_view what) {
  return error_response(fail(ErrorKind::kOverloaded, std::string(what) + " limit reached"));
}

json::array to_json(const std::vector<Problem>& problems) {
  json::array list;
  for (const Problem& problem : problems) {
    json::array loc;
    for (const std::string& step : problem.loc) {
      if (is_integer(step))
        loc.emplace_back(std::stoll(step));
      else
        loc.emplace_back(step);
    }
    json::error_code failed;
    json::value input = json::parse(problem.input_json, failed);
    list.push_back(json::object{{"type", problem.type},
                                {"loc", loc},
                                {"msg", problem.msg},
                                {"input", failed ? json::value() : input}});
  }
  return list;
}

Response validation_response(const std::vector<Problem>& problems) {
  return json_response(422, superset(to_json(problems)));
}

}  // namespace wellspring::http::wire
