#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace wellspring::obs {

using Labels = std::map<std::string, std::string>;

enum class MetricsFormat { kText, kOpenMetrics };

/// The process's metrics. Every family is declared in one table (metric_families.cpp) with its help, buckets
/// and known label sets, so it is present, at 0, from the first scrape. Thread-safe. Naming a family that the
/// table lacks, or using it as another type, is a programmer's error and aborts.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count(std::string_view family, const Labels& labels = {}, double by = 1);
  void set(std::string_view family, const Labels& labels, double value);
  void observe(std::string_view family, const Labels& labels, double value);
  /// The current value of a counter or gauge; 0 when it was never touched.
  double value(std::string_view family, const Labels& labels = {}) const;

  /// Called before each rendering, to bring gauges up to date. Must not block. Register before the first
  /// scrape.
  void before_render(std::function<void()> refresh);
  std::string render(MetricsFormat format) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::obs
