#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace wellspring::index {

/// Writes the dot product of `query` with each of `count` rows of `stride` floats to `scores`. `stride` is a
/// multiple of 16; `query` and `rows` are aligned to 64 bytes and `query` holds `stride` floats (see Rows).
using DotKernel = void (*)(const float* query, const float* rows, std::size_t stride, std::size_t count,
                           float* scores);

struct NamedDotKernel {
  std::string_view name;
  DotKernel run;
};

/// The kernels this processor can run, the quickest first; the portable one is always last. They differ in
/// the order of additions only.
std::span<const NamedDotKernel> dot_kernels();

}  // namespace wellspring::index
