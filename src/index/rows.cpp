#include "index/rows.hpp"

#include <algorithm>
#include <cmath>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace wellspring::index {
namespace {

constexpr std::size_t kRowValues = 32;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = 2U << 20;
constexpr std::size_t kWorthAHugePage = kHugePage - kHugePage / 8;

}  // namespace

Rows::Rows(std::size_t count, std::size_t dimension)
    : dimension_(dimension), stride_((dimension + kRowValues - 1) / kRowValues * kRowValues) {
  const std::size_t values = count * stride_;
  std::size_t bytes = values * sizeof(Half);
  // Large blocks ask for huge pages, and for whole ones: with 4 kB pages a scan spends a good part of its
  // time on address translation, the more so in a virtual machine.
  const bool large = bytes >= kWorthAHugePage;
  if (large) bytes = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  const std::align_val_t alignment{large ? kHugePage : kCacheLine};
  values_ =
      std::unique_ptr<Half[], Free>(static_cast<Half*>(::operator new[](bytes, alignment)), Free{alignment});
#if defined(__linux__)
  // Only advice: where the system declines, ordinary pages do.
  if (large) static_cast<void>(::madvise(values_.get(), bytes, MADV_HUGEPAGE));
#endif
  std::fill_n(values_.get(), values, Half{0});
}

void Rows::assign(std::size_t at, std::span<const float> vector) {
  const bool comparable =
      vector.size() == dimension_ &&
      std::all_of(vector.begin(), vector.end(), [](float value) { return std::isfinite(value); });
  if (comparable) std::transform(vector.begin(), vector.end(), values_.get() + at * stride_, to_half);
}

void Rows::assign(std::size_t at, const Rows& from, std::size_t from_at) {
  if (from.dimension_ == dimension_) std::copy_n(from.row(from_at), stride_, values_.get() + at * stride_);
}

}  // namespace wellspring::index
