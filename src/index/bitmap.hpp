#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wellspring::index {

/// A fixed number of flags, one per chunk of a segment.
class Bitmap {
 public:
  Bitmap() = default;
  explicit Bitmap(std::size_t size, bool value = false)
      : size_(size), words_((size + 63) / 64, value ? ~0ULL : 0ULL) {}

  std::size_t size() const { return size_; }
  bool test(std::size_t at) const { return (words_[at / 64] >> (at % 64) & 1U) != 0; }
  void set(std::size_t at) { words_[at / 64] |= 1ULL << (at % 64); }
  void reset(std::size_t at) { words_[at / 64] &= ~(1ULL << (at % 64)); }
  /// True when one of `count` flags from `first` on is set.
  bool any(std::size_t first, std::size_t count) const {
    for (std::size_t at = first; at < first + count; ++at) {
      if (test(at)) return true;
    }
    return false;
  }

  /// Calls `visit(first, count)` for each longest run of set flags, in order.
  template <class Visit>
  void for_each_run(const Visit& visit) const {
    for (std::size_t first = next(0, 0); first < size_;) {
      const std::size_t end = next(first, ~0ULL);
      visit(first, end - first);
      first = next(end, 0);
    }
  }

 private:
  /// The first flag from `at` on that differs from those of `skip` (all zeros or all ones); size() when none
  /// does.
  std::size_t next(std::size_t at, std::uint64_t skip) const {
    while (at < size_) {
      const std::uint64_t different = (words_[at / 64] ^ skip) >> (at % 64);
      if (different != 0) return std::min(size_, at + static_cast<std::size_t>(std::countr_zero(different)));
      at = (at / 64 + 1) * 64;
    }
    return size_;
  }

  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace wellspring::index
