#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "index/half.hpp"

namespace wellspring::index {

/// Writes the dot product of `query` with each of `count` rows of `stride` values to `scores`. `stride` is a
/// multiple of 32, `rows` is aligned to 64 bytes (see Rows), and `query` holds `stride` floats.
using DotKernel = void (*)(const float* query, const Half* rows, std::size_t stride, std::size_t count,
                           float* scores);

struct NamedDotKernel {
  std::string_view name;
  DotKernel run;
};

/// The kernels this processor can run, the quickest first; the portable one is always last. They differ in
/// the order of additions only.
std::span<const NamedDotKernel> dot_kernels();

}  // namespace wellspring::index
