#include "http/request_metrics.hpp"

#include <string>

namespace wellspring::http {
namespace {

constexpr const char* kUnmatched = "unmatched";

}  // namespace

RequestMetrics::RequestMetrics(obs::Metrics& metrics, const Router& router) : metrics_(metrics) {
  router.for_each([&](const Route& route) {
    if (route.options.counted) handles(Key{&route, route.method, 200});
  });
}

const RequestMetrics::Handles& RequestMetrics::handles(const Key& key) {
  if (const auto at = handles_.find(key); at != handles_.end()) return at->second;
  const obs::Labels labels{{"method", std::string(name(key.method))},
                           {"endpoint", key.route != nullptr ? key.route->path : kUnmatched},
                           {"status_code", std::to_string(key.status)}};
  const Handles created{metrics_.counter("http_requests_total", labels),
                        metrics_.histogram("http_request_duration_seconds", labels)};
  return handles_.emplace(key, created).first->second;
}

void RequestMetrics::observe(const Route* route, Method method, int status, std::chrono::nanoseconds took) {
  if (route != nullptr && !route->options.counted) return;
  const Handles& at = handles(Key{route, method, status});
  at.requests.add();
  at.seconds.observe(std::chrono::duration<double>(took).count());
}

}  // namespace wellspring::http
