#include "http/wire/page.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace wellspring::http::wire {
namespace {

constexpr std::int64_t kLimitMax = 1'000;

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::int64_t integer_parameter(const Request& request, std::string_view parameter, std::int64_t least,
                               std::int64_t most, std::int64_t otherwise, Problems& problems) {
  const auto text = request.query_parameter(parameter);
  if (!text) return otherwise;
  const auto number = parse_decimal(*text);
  if (number && *number >= least && *number <= most) return *number;
  problems.list.push_back({"int_parsing",
                           {"query", std::string(parameter)},
                           fmt::format("Input should be an integer from {} to {}", least, most),
                           boost::json::serialize(boost::json::string(*text))});
  return otherwise;
}

Page page_parameters(const Request& request, Problems& problems) {
  Page page;
  constexpr std::int64_t kOffsetMax = std::numeric_limits<std::int32_t>::max();
  page.offset = static_cast<std::size_t>(integer_parameter(request, "offset", 0, kOffsetMax, 0, problems));
  page.limit = static_cast<std::size_t>(integer_parameter(request, "limit", 0, kLimitMax, 50, problems));
  return page;
}

}  // namespace wellspring::http::wire
