#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace wellspring::mongo {

/// How often something took how long. Bounds in seconds, upper ends included, as Prometheus has them; the
/// last count is of what took longer than all of them.
struct Histogram {
  static constexpr std::array kBounds{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0};

  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  double sum = 0;  ///< seconds

  void observe(std::chrono::duration<double> time) {
    const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), time.count());
    ++counts[static_cast<std::size_t>(bucket - kBounds.begin())];
    sum += time.count();
  }
};

}  // namespace wellspring::mongo
