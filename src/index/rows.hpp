#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace wellspring::index {

/// Vectors one after the other, each starting on a cache line. A row is padded with zeros to a multiple of 16
/// floats, so that the kernels of dot.hpp need no remainder loop.
class Rows {
 public:
  static constexpr std::size_t kRowFloats = 16;
  static constexpr std::size_t kAlignment = 64;

  Rows() = default;
  Rows(std::size_t count, std::size_t dimension)
      : count_(count),
        dimension_(dimension),
        stride_(round_up(dimension)),
        floats_(allocate(count * stride_)) {
    std::fill_n(floats_.get(), count * stride_, 0.0F);
  }

  std::size_t count() const { return count_; }
  std::size_t dimension() const { return dimension_; }
  /// Floats from one row to the next.
  std::size_t stride() const { return stride_; }
  const float* row(std::size_t at) const { return floats_.get() + at * stride_; }

  /// Copies a vector into its row. One of another length is not comparable: its row stays zero, which scores
  /// 0.
  void assign(std::size_t at, std::span<const float> vector) {
    if (vector.size() == dimension_) std::copy(vector.begin(), vector.end(), floats_.get() + at * stride_);
  }

 private:
  struct Free {
    void operator()(float* floats) const { ::operator delete[](floats, std::align_val_t{kAlignment}); }
  };
  static std::size_t round_up(std::size_t dimension) {
    return (dimension + kRowFloats - 1) / kRowFloats * kRowFloats;
  }
  static float* allocate(std::size_t floats) {
    return static_cast<float*>(::operator new[](floats * sizeof(float), std::align_val_t{kAlignment}));
  }

  std::size_t count_ = 0;
  std::size_t dimension_ = 0;
  std::size_t stride_ = 0;
  std::unique_ptr<float[], Free> floats_;
};

}  // namespace wellspring::index
