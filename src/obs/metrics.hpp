#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace wellspring::obs {

using Labels = std::map<std::string, std::string>;

enum class MetricsFormat { kText, kOpenMetrics };

/// One label set of a family, looked up once: for hot paths, where building labels would cost more than
/// counting. Valid as long as the Metrics it came from. Thread-safe.
class Counter {
 public:
  void add(double by = 1) const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  void set(double value) const;
  void add(double by) const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  void observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  prometheus::Histogram* histogram_;
};

/// The process's metrics. Every family is declared in one table (metric_families.cpp) with its help, buckets
/// and known label sets, so it is present, at 0, from the first scrape. Thread-safe. Naming a family that the
/// table lacks, using it as another type or with other labels, is a programmer's error and aborts.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Creates the label set at 0 when it is new.
  Counter counter(std::string_view family, const Labels& labels = {});
  Gauge gauge(std::string_view family, const Labels& labels = {});
  Histogram histogram(std::string_view family, const Labels& labels = {});

  void count(std::string_view family, const Labels& labels = {}, double by = 1);
  void set(std::string_view family, const Labels& labels, double value);
  void observe(std::string_view family, const Labels& labels, double value);
  /// Brings a counter up to a total that somebody else counts; it never falls.
  void raise(std::string_view family, const Labels& labels, double total);
  /// The same for a histogram: how many there were in each of the family's buckets, the last one open.
  void raise(std::string_view family, const Labels& labels, std::span<const std::uint64_t> counts,
             double sum);
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
