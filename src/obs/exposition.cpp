#include "obs/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace wellspring::obs {
namespace {

constexpr std::string_view kTotal = "_total";

constexpr std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

/// OpenMetrics wants the bound as a float ("5.0"); the text format takes either.
std::string bound(double value) {
  std::string text = number(value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

std::string label_list(const std::vector<prometheus::ClientMetric::Label>& labels,
                       const std::string& extra = {}) {
  std::string out;
  for (const auto& label : labels) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", label.name, escaped(label.value));
  }
  if (!extra.empty()) out += (out.empty() ? "" : ",") + extra;
  return out.empty() ? out : "{" + out + "}";
}

void write_histogram(std::string& out, std::string_view name, const prometheus::ClientMetric& metric) {
  for (const auto& bucket : metric.histogram.bucket) {
    const std::string le = fmt::format("le=\"{}\"", bound(bucket.upper_bound));
    fmt::format_to(std::back_inserter(out), "{}_bucket{} {}\n", name, label_list(metric.label, le),
                   bucket.cumulative_count);
  }
  const std::string labels = label_list(metric.label);
  fmt::format_to(std::back_inserter(out), "{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, labels,
                 number(metric.histogram.sample_sum), metric.histogram.sample_count);
}

/// OpenMetrics names a counter without the suffix that its sample carries.
std::string_view family_name(const FamilySpec& spec, MetricsFormat format) {
  std::string_view name = spec.name;
  if (format == MetricsFormat::kOpenMetrics && spec.type == MetricType::kCounter && name.ends_with(kTotal)) {
    name.remove_suffix(kTotal.size());
  }
  return name;
}

void write_family(std::string& out, const FamilySample& family, MetricsFormat format) {
  const FamilySpec& spec = *family.spec;
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", family_name(spec, format),
                 spec.help, type_name(spec.type));
  for (const auto& metric : family.metrics) {
    if (spec.type == MetricType::kHistogram) {
      write_histogram(out, spec.name, metric);
      continue;
    }
    const double value = spec.type == MetricType::kCounter ? metric.counter.value : metric.gauge.value;
    fmt::format_to(std::back_inserter(out), "{}{} {}\n", spec.name, label_list(metric.label), number(value));
  }
}

}  // namespace

std::string write_exposition(std::vector<FamilySample> families, MetricsFormat format) {
  std::string out;
  for (FamilySample& family : families) {
    std::sort(family.metrics.begin(), family.metrics.end(),
              [](const auto& left, const auto& right) { return left.label < right.label; });
    write_family(out, family, format);
  }
  if (format == MetricsFormat::kOpenMetrics) out += "# EOF\n";
  return out;
}

}  // namespace wellspring::obs
