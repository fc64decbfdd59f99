#pragma once

#include <string>

namespace wellspring::mongo::driver {

/// What is wrong and what to do about it, in one sentence that names the option. Pure.

/// `failure` is what libmongoc's monitor says of its last attempt; empty when it has not failed.
std::string explain_unreachable(const std::string& hosts, const std::string& failure);
std::string explain_no_primary(const std::string& hosts);
std::string explain_too_old(const std::string& hosts, int wire_version);
std::string explain_turned_away(const std::string& message);
std::string explain_forbidden(const std::string& message);

}  // namespace wellspring::mongo::driver
