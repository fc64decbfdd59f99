#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "index/corpus.hpp"

namespace wellspring::index {

struct SegmentSize {
  std::size_t live = 0;   ///< chunks
  std::size_t total = 0;  ///< chunks, the dead ones included
};

/// Which segments to merge next, by position; none when all is in order. Segments are grouped in tiers, each
/// eight times as large as the one below; eight of one tier become one of the next, so that a chunk is copied
/// once per tier and there are at most seven segments per tier at rest. A segment of which a quarter is dead
/// is rewritten alone.
std::vector<std::size_t> choose_merge(std::span<const SegmentSize> sizes);

/// One segment with the live articles of all. No article is live in two inputs.
std::shared_ptr<const Segment> merge_segments(std::span<const SegmentView> inputs);

}  // namespace wellspring::index
