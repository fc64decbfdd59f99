#include "embed/batch_plan.hpp"

#include <algorithm>
#include <numeric>

namespace wellspring::embed {

std::vector<Batch> plan_batches(std::span<const std::size_t> lengths, BatchLimits limits) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t text) { return lengths[text]; });

  std::vector<Batch> batches;
  for (const std::size_t text : order) {
    const auto joins = [&](const Batch& batch) {
      return (batch.texts.size() + 1) * batch.length <= limits.pieces &&
             batch.length - lengths[text] <= batch.length / limits.padding_divisor;
    };
    if (batches.empty() || !joins(batches.back())) batches.push_back({.texts = {}, .length = lengths[text]});
    batches.back().texts.push_back(text);
  }
  return batches;
}

}  // namespace wellspring::embed
