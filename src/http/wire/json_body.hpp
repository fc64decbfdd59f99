#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/wire/errors.hpp"

namespace wellspring::http::wire {

/// Why a body cannot be used, as entries of a 422 answer.
struct Problems {
  std::vector<Problem> list;
};
[[noreturn]] void throw_exception_from_error(const Problems& problems, const boost::source_location&);

template <class T>
using Parsed = boost::system::result<T, Problems>;

/// The body as a JSON object, nested no deeper than limits::kJsonDepth.
Parsed<boost::json::object> parse_object(std::string_view body);

/// Reads members of a JSON object and collects what is wrong with them. Borrows the object.
class MemberReader {
 public:
  MemberReader(const boost::json::object& object, std::vector<std::string> location, Problems& problems)
      : object_(object), location_(std::move(location)), problems_(problems) {}

  /// Empty, and a problem, when it is missing or no string.
  std::optional<std::string> required_string(std::string_view member);
  /// Empty when absent or null; a problem when it is something else than a string.
  std::optional<std::string> optional_string(std::string_view member);
  std::optional<std::size_t> optional_integer(std::string_view member, std::size_t least, std::size_t most);
  /// Null when absent or null; a problem when it is something else.
  const boost::json::array* optional_array(std::string_view member);
  const boost::json::object* optional_object(std::string_view member);
  /// The member `locale` in its usual spelling; empty when absent, null or "", and with a problem when it is
  /// no language tag.
  std::optional<std::string> optional_locale();
  void problem(std::string_view member, std::string type, std::string message);

 private:
  const boost::json::value* present(std::string_view member) const;

  const boost::json::object& object_;
  std::vector<std::string> location_;
  Problems& problems_;
};

/// "Input should be 'a', 'b' or 'c'"
std::string one_of_message(std::initializer_list<std::string_view> values);

}  // namespace wellspring::http::wire
