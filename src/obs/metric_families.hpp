#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wellspring::obs {

enum class MetricType { kCounter, kGauge, kHistogram };

/// A label and the values known before anything happened; no values when only the running process knows them.
struct LabelSpec {
  std::string name;
  std::vector<std::string> values;
};

/// One metric family. When every label has values, all their combinations exist, at 0, from the first scrape.
struct FamilySpec {
  std::string_view name;
  MetricType type = MetricType::kCounter;
  std::string_view help;
  std::vector<LabelSpec> labels;
  std::vector<double> buckets;  ///< upper bounds in the unit of the name; histograms only
};

/// Every family of the process in the order of the scrape: first the contract's (6.1), then our own. The
/// names are API.
std::vector<FamilySpec> metric_families();

}  // namespace wellspring::obs
