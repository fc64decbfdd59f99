#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "http/wire/json_body.hpp"

namespace wellspring::http::wire {

/// A decimal number and nothing else.
std::optional<std::int64_t> parse_decimal(std::string_view text);

/// A query parameter that is a number between `least` and `most`; `otherwise` when absent. Adds a problem
/// when it is something else.
std::int64_t integer_parameter(const Request& request, std::string_view parameter, std::int64_t least,
                               std::int64_t most, std::int64_t otherwise, Problems& problems);

struct Page {
  std::size_t offset = 0;
  std::size_t limit = 50;
};
/// `?offset=&limit=`, a limit of at most 1,000.
Page page_parameters(const Request& request, Problems& problems);

}  // namespace wellspring::http::wire
