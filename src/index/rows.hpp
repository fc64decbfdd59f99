#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace wellspring::index {

/// Vectors one after the other, each starting on a cache line. A row is padded with zeros to a multiple of 16
/// floats, so that the kernels of dot.hpp need no masked loads.
class Rows {
 public:
  Rows() = default;
  /// All zero.
  Rows(std::size_t count, std::size_t dimension);

  std::size_t dimension() const { return dimension_; }
  /// Floats from one row to the next.
  std::size_t stride() const { return stride_; }
  const float* row(std::size_t at) const { return floats_.get() + at * stride_; }

  /// Copies a vector into its row. One of another length is not comparable: its row stays zero, which scores
  /// 0.
  void assign(std::size_t at, std::span<const float> vector);

 private:
  struct Free {
    std::align_val_t alignment;
    void operator()(float* floats) const { ::operator delete[](floats, alignment); }
  };

  std::size_t dimension_ = 0;
  std::size_t stride_ = 0;
  std::unique_ptr<float[], Free> floats_;
};

}  // namespace wellspring::index
