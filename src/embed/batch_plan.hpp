#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace wellspring::embed {

/// Texts that go through the model together, padded to the longest of them.
struct Batch {
  std::vector<std::size_t> texts;  ///< indices into the lengths given
  std::size_t length = 0;          ///< pieces of the longest
};

struct BatchLimits {
  /// Rows times padded length. One window by default: on one core a batch of one at 256 pieces, or of two at
  /// 128, is as quick per text as any larger one (larger ones leave the cache), and short texts still share a
  /// run.
  std::size_t pieces = 256;
  /// A text joins only when padding adds at most 1/8 of the longest length.
  std::size_t padding_divisor = 8;
};

/// Groups texts by length, longest first; each text is in exactly one batch. A text over `limits.pieces` is
/// alone.
std::vector<Batch> plan_batches(std::span<const std::size_t> lengths, BatchLimits limits = {});

}  // namespace wellspring::embed
