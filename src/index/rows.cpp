#include "index/rows.hpp"

#include <algorithm>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace wellspring::index {
namespace {

constexpr std::size_t kRowFloats = 16;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = 2U << 20;

}  // namespace

Rows::Rows(std::size_t count, std::size_t dimension)
    : dimension_(dimension), stride_((dimension + kRowFloats - 1) / kRowFloats * kRowFloats) {
  const std::size_t floats = count * stride_;
  const std::size_t bytes = floats * sizeof(float);
  // Large blocks ask for huge pages: with 4 kB pages a scan spends a fifth of its time on address translation
  // (measured).
  const bool large = bytes >= 2 * kHugePage;
  const std::align_val_t alignment{large ? kHugePage : kCacheLine};
  floats_ = std::unique_ptr<float[], Free>(static_cast<float*>(::operator new[](bytes, alignment)),
                                           Free{alignment});
#if defined(__linux__)
  // Only advice: where the system declines, ordinary pages do.
  if (large) static_cast<void>(::madvise(floats_.get(), bytes, MADV_HUGEPAGE));
#endif
  std::fill_n(floats_.get(), floats, 0.0F);
}

void Rows::assign(std::size_t at, std::span<const float> vector) {
  if (vector.size() == dimension_) std::copy(vector.begin(), vector.end(), floats_.get() + at * stride_);
}

}  // namespace wellspring::index
