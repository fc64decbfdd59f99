#include "obs/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/mutex.hpp"
#include "base/version.hpp"
#include "obs/exposition.hpp"
#include "obs/metric_families.hpp"
#include "obs/process_usage.hpp"

namespace wellspring::obs {
namespace {

using Counters = prometheus::Family<prometheus::Counter>;
using Gauges = prometheus::Family<prometheus::Gauge>;
using Histograms = prometheus::Family<prometheus::Histogram>;

/// A declared family with prometheus-cpp's storage for it.
class FamilyEntry {
 public:
  explicit FamilyEntry(FamilySpec family_spec) : spec_(std::move(family_spec)) {
    const std::string name(spec_.name);
    const std::string help(spec_.help);
    switch (spec_.type) {
      case MetricType::kCounter:
        family_.emplace<Counters>(name, help, prometheus::Labels{});
        break;
      case MetricType::kGauge:
        family_.emplace<Gauges>(name, help, prometheus::Labels{});
        break;
      case MetricType::kHistogram:
        family_.emplace<Histograms>(name, help, prometheus::Labels{});
        break;
    }
    create_known({}, 0);
  }

  const FamilySpec& spec() const { return spec_; }

  prometheus::Counter& counter(const Labels& labels) { return typed<Counters>(labels).Add(labels); }
  prometheus::Gauge& gauge(const Labels& labels) { return typed<Gauges>(labels).Add(labels); }
  prometheus::Histogram& histogram(const Labels& labels) {
    return typed<Histograms>(labels).Add(labels, spec_.buckets);
  }

  double value(const Labels& labels) {
    if (auto* counters = std::get_if<Counters>(&family_)) {
      return counters->Has(labels) ? counters->Add(labels).Value() : 0;
    }
    auto& gauges = typed<Gauges>(labels);
    return gauges.Has(labels) ? gauges.Add(labels).Value() : 0;
  }

  FamilySample sample() const {
    const auto collected = std::visit(
        [](const auto& family) -> std::vector<prometheus::MetricFamily> {
          if constexpr (std::is_same_v<std::decay_t<decltype(family)>, std::monostate>)
            return {};
          else
            return family.Collect();
        },
        family_);
    return {&spec_, collected.empty() ? std::vector<prometheus::ClientMetric>{} : collected.front().metric};
  }

 private:
  template <class Family>
  Family& typed(const Labels& labels) {
    auto* family = std::get_if<Family>(&family_);
    WELLSPRING_ASSERT(family != nullptr, "metric family is of another type: " + std::string(spec_.name));
    const bool same_labels = labels.size() == spec_.labels.size() &&
                             std::all_of(spec_.labels.begin(), spec_.labels.end(),
                                         [&](const LabelSpec& label) { return labels.contains(label.name); });
    WELLSPRING_ASSERT(same_labels, "labels differ from those declared for metric " + std::string(spec_.name));
    return *family;
  }

  void create(const Labels& labels) {
    switch (spec_.type) {
      case MetricType::kCounter:
        counter(labels);
        break;
      case MetricType::kGauge:
        gauge(labels);
        break;
      case MetricType::kHistogram:
        histogram(labels);
        break;
    }
  }

  /// Every combination of the known values; nothing when a label has none.
  void create_known(Labels chosen, std::size_t next) {
    if (next == spec_.labels.size()) return create(chosen);
    for (const std::string& known : spec_.labels[next].values) {
      chosen[spec_.labels[next].name] = known;
      create_known(chosen, next + 1);
    }
  }

  FamilySpec spec_;
  std::variant<std::monostate, Counters, Gauges, Histograms> family_;
};

}  // namespace

struct Metrics::State {
  // Constant after construction.
  std::vector<std::unique_ptr<FamilyEntry>> families;
  std::map<std::string_view, FamilyEntry*> by_name;
  std::vector<std::function<void()>> refreshers;
  // A counter is brought up to a total by reading it first.
  Mutex raising;
  // One rendering at a time: the CPU counter is brought up to date by difference.
  Mutex rendering;

  FamilyEntry& find(std::string_view name) const {
    const auto at = by_name.find(name);
    WELLSPRING_ASSERT(at != by_name.end(),
                      "metric family is not in metric_families.cpp: " + std::string(name));
    return *at->second;
  }

  void refresh_process() WELLSPRING_REQUIRES(rendering) {
    const ProcessUsage usage = read_process_usage();
    find("process_resident_memory_bytes").gauge({}).Set(usage.resident_bytes);
    find("process_open_fds").gauge({}).Set(usage.open_fds);
    find("process_start_time_seconds").gauge({}).Set(usage.start_seconds);
    auto& cpu = find("process_cpu_seconds_total").counter({});
    cpu.Increment(std::max(0.0, usage.cpu_seconds - cpu.Value()));
  }
};

void Counter::add(double by) const {
  counter_->Increment(by);
}
void Gauge::set(double value) const {
  gauge_->Set(value);
}
void Gauge::add(double by) const {
  gauge_->Increment(by);
}
void Histogram::observe(double value) const {
  histogram_->Observe(value);
}

Metrics::Metrics() : state_(std::make_unique<State>()) {
  for (FamilySpec& spec : metric_families()) {
    state_->families.push_back(std::make_unique<FamilyEntry>(std::move(spec)));
    FamilyEntry& entry = *state_->families.back();
    state_->by_name.emplace(entry.spec().name, &entry);
  }
  gauge("wellspring_build_info", {{"version", std::string(version())}}).set(1);
}

Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view family, const Labels& labels) {
  return Counter(state_->find(family).counter(labels));
}

Gauge Metrics::gauge(std::string_view family, const Labels& labels) {
  return Gauge(state_->find(family).gauge(labels));
}

Histogram Metrics::histogram(std::string_view family, const Labels& labels) {
  return Histogram(state_->find(family).histogram(labels));
}

void Metrics::count(std::string_view family, const Labels& labels, double by) {
  counter(family, labels).add(by);
}

void Metrics::set(std::string_view family, const Labels& labels, double value) {
  gauge(family, labels).set(value);
}

void Metrics::observe(std::string_view family, const Labels& labels, double value) {
  histogram(family, labels).observe(value);
}

void Metrics::raise(std::string_view family, const Labels& labels, double total) {
  const MutexLock lock(state_->raising);
  auto& counter = state_->find(family).counter(labels);
  if (total > counter.Value()) counter.Increment(total - counter.Value());
}

void Metrics::raise(std::string_view family, const Labels& labels, std::span<const std::uint64_t> counts,
                    double sum) {
  const MutexLock lock(state_->raising);
  auto& histogram = state_->find(family).histogram(labels);
  const prometheus::ClientMetric::Histogram seen = histogram.Collect().histogram;
  WELLSPRING_ASSERT(seen.bucket.size() == counts.size(),
                    "bucket count differs from that declared for metric " + std::string(family));
  std::vector<double> more;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::uint64_t known = seen.bucket[i].cumulative_count - before;
    before = seen.bucket[i].cumulative_count;
    more.push_back(counts[i] > known ? static_cast<double>(counts[i] - known) : 0);
  }
  histogram.ObserveMultiple(more, std::max(0.0, sum - seen.sample_sum));
}

double Metrics::value(std::string_view family, const Labels& labels) const {
  return state_->find(family).value(labels);
}

void Metrics::before_render(std::function<void()> refresh) {
  state_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::render(MetricsFormat format) const {
  MutexLock lock(state_->rendering);
  for (const auto& refresh : state_->refreshers) refresh();
  state_->refresh_process();
  std::vector<FamilySample> samples;
  for (const auto& family : state_->families) samples.push_back(family->sample());
  return write_exposition(std::move(samples), format);
}

}  // namespace wellspring::obs
