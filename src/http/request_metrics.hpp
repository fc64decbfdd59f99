#pragma once

#include <chrono>
#include <map>
#include <utility>

#include "http/router.hpp"
#include "obs/metrics.hpp"

namespace wellspring::http {

/// Counts answers by method, route template and status, with handles looked up once each. One thread.
class RequestMetrics {
 public:
  /// Every counted route starts with status 200 at 0.
  RequestMetrics(obs::Metrics& metrics, const Router& router);
  /// `route` null: no route matched.
  void observe(const Route* route, Method method, int status, std::chrono::nanoseconds took);

 private:
  struct Handles {
    obs::Counter requests;
    obs::Histogram seconds;
  };
  struct Key {
    const Route* route;
    Method method;
    int status;
    auto operator<=>(const Key&) const = default;
  };
  const Handles& handles(const Key& key);

  obs::Metrics& metrics_;
  std::map<Key, Handles> handles_;
};

}  // namespace wellspring::http
