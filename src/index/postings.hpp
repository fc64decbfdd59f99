#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/term_dictionary.hpp"

namespace wellspring::index {

/// A chunk's place in its segment, from 0.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xFFFFFFFF;

/// How often a term occurs in a chunk; counting stops at the largest value.
using Frequency = std::uint16_t;

/// Where a term occurs: parallel lists, in no particular order.
struct PostingList {
  std::span<const Slot> slots;
  std::span<const Frequency> frequencies;
};

/// An inverted index over the chunks of one segment. Immutable; all lists share two allocations.
class Postings {
 public:
  Postings() = default;

  const TermDictionary& terms() const { return terms_; }
  PostingList list(TermId term) const {
    const std::size_t first = starts_[term];
    const std::size_t count = starts_[term + 1] - first;
    return {std::span(slots_).subspan(first, count), std::span(frequencies_).subspan(first, count)};
  }
  /// Terms in each chunk, repetitions counted.
  std::span<const std::uint32_t> lengths() const { return lengths_; }

 private:
  friend class PostingsBuilder;
  friend class PostingsMerger;

  TermDictionary terms_;
  std::vector<std::uint32_t> starts_;  // one more than there are terms
  std::vector<Slot> slots_;
  std::vector<Frequency> frequencies_;
  std::vector<std::uint32_t> lengths_;
};

/// Takes chunks one after the other.
class PostingsBuilder {
 public:
  void add(std::span<const std::string> terms);
  Postings build() &&;

 private:
  struct Entry {
    TermId term;
    Frequency frequency;
  };
  TermDictionary terms_;
  std::vector<Entry> entries_;           // chunk after chunk
  std::vector<std::size_t> chunk_ends_;  // in entries_
  std::vector<std::size_t> last_entry_;  // by term: one past its newest entry, 0 when there is none
  std::vector<std::uint32_t> lengths_;
};

/// One input of a merge: where each of its chunks goes, kNoSlot for those that are dropped.
struct PostingsSource {
  const Postings* postings = nullptr;
  std::span<const Slot> new_slots;
};

/// The postings of `chunk_count` chunks gathered from several segments. Terms of dropped chunks alone
/// disappear.
Postings merge_postings(std::span<const PostingsSource> sources, std::size_t chunk_count);

}  // namespace wellspring::index
