#pragma once

#include <prometheus/client_metric.h>

#include <string>
#include <vector>

#include "obs/metric_families.hpp"
#include "obs/metrics.hpp"

namespace wellspring::obs {

/// A family with the values of one moment. May have none: it is written all the same, with help and type.
struct FamilySample {
  const FamilySpec* spec = nullptr;
  std::vector<prometheus::ClientMetric> metrics;
};

/// The body of a scrape. prometheus-cpp's own serializer leaves out families without values and knows no
/// OpenMetrics.
std::string write_exposition(std::vector<FamilySample> families, MetricsFormat format);

}  // namespace wellspring::obs
