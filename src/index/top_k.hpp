#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace wellspring::index {

/// Keeps the k best of a stream: items that beat the threshold gather in a buffer of twice k, which is halved
/// whenever it is full, so that each item costs constant time on average. `Better(a, b)` is a strict total
/// order in which a higher `score` is always better; NaN scores are ignored.
template <class Item, class Better>
class TopK {
 public:
  TopK(std::size_t k, Better better) : k_(k), better_(std::move(better)) {}

  bool accepts(float score) const { return score >= threshold_; }
  void push(const Item& item) {
    if (k_ == 0 || !accepts(item.score)) return;
    items_.push_back(item);
    if (items_.size() >= 2 * k_) shrink();
  }
  /// The kept items, best first.
  std::vector<Item> take() && {
    if (items_.size() > k_) shrink();
    std::sort(items_.begin(), items_.end(), better_);
    return std::move(items_);
  }

 private:
  void shrink() {
    const auto last = items_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
    std::nth_element(items_.begin(), last, items_.end(), better_);
    threshold_ = last->score;
    items_.erase(last + 1, items_.end());
  }

  std::size_t k_;
  Better better_;
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<Item> items_;
};

}  // namespace wellspring::index
