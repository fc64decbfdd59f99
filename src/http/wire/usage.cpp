#include "http/wire/usage.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

json::object window_json(const rag::WindowUse& window, rag::NanoUsd limit) {
  json::object body{{"cost_usd", rag::to_usd(window.cost)},
                    {"limit_usd", rag::to_usd(limit)},
                    {"remaining_usd", nullptr},
                    {"percentage_used", 0.0},
                    {"input_tokens", window.tokens.input},
                    {"output_tokens", window.tokens.output}};
  if (limit > 0) {
    body["remaining_usd"] = rag::to_usd(std::max<rag::NanoUsd>(0, limit - window.cost));
    body["percentage_used"] = 100 * rag::to_usd(window.cost) / rag::to_usd(limit);
  }
  return body;
}

}  // namespace

std::string_view name(rag::SpendLevel level) {
  switch (level) {
    case rag::SpendLevel::kOk:
      return "ok";
    case rag::SpendLevel::kInfo:
      return "info";
    case rag::SpendLevel::kWarning:
      return "warning";
    case rag::SpendLevel::kError:
      return "error";
  }
  return "ok";
}

json::object to_json(const rag::SpendRecord& record, const rag::SpendLimits& limits) {
  return {{"daily", window_json(record.daily, limits.daily)},
          {"hourly", window_json(record.hourly, limits.hourly)}};
}

json::object usage_status_json(rag::SpendLevel level) {
  json::object body{{"status", name(level)}, {"warning_level", nullptr}};
  if (level != rag::SpendLevel::kOk) body["warning_level"] = name(level);
  return body;
}

}  // namespace wellspring::http::wire
