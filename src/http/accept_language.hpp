#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The language of whoever sent a request. Pure.
namespace wellspring::http {

/// The language ranges of an Accept-Language field that are acceptable at all, most wanted first (RFC 9110,
/// 12.5.4 and 12.4.2), as normal tags or "*". What is ill-formed is left out; of very many the first are
/// read.
std::vector<std::string> accepted_languages(std::string_view field);

/// The most wanted range whose language one of the `available` tags has; the default when there is none or
/// the reader wants any. A language that nothing is written in is thus never taken for the reader's.
std::string reader_locale(std::string_view accept_language, std::span<const std::string> available,
                          const std::string& default_locale);

}  // namespace wellspring::http
