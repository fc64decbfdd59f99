#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

#include "index/half.hpp"

namespace wellspring::index {

/// Vectors one after the other, each starting on a cache line, in half precision: half the memory and half
/// the time of a scan, for cosines that are off by less than 0.001. A row is padded with zeros to a multiple
/// of 32 values, so that the kernels of dot.hpp need no masked loads.
class Rows {
 public:
  Rows() = default;
  /// All zero.
  Rows(std::size_t count, std::size_t dimension);

  std::size_t dimension() const { return dimension_; }
  /// Values from one row to the next.
  std::size_t stride() const { return stride_; }
  const Half* row(std::size_t at) const { return values_.get() + at * stride_; }

  /// Rounds a vector into its row. One of another length, or with a value that is not finite, is not
  /// comparable: its row stays zero, which scores 0.
  void assign(std::size_t at, std::span<const float> vector);
  /// Copies a row of the same dimension.
  void assign(std::size_t at, const Rows& from, std::size_t from_at);

 private:
  struct Free {
    std::align_val_t alignment;
    void operator()(Half* values) const { ::operator delete[](values, alignment); }
  };

  std::size_t dimension_ = 0;
  std::size_t stride_ = 0;
  std::unique_ptr<Half[], Free> values_;
};

}  // namespace wellspring::index
