#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace wellspring {

/// Lets boost::system::result<T, Error>::value() throw something meaningful when nobody checked.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw Failure(error);
}

/// A value, or the Error that took its place. Never thrown across a module boundary.
template <class T>
using Result = boost::system::result<T, Error>;

inline Error fail(ErrorKind kind, std::string message, std::string subject = {}) {
  return Error{kind, std::move(message), std::move(subject)};
}

/// Says in the code why an outcome does not matter.
template <class T>
void ignore(const Result<T>&, std::string_view /*reason*/) {}

}  // namespace wellspring
