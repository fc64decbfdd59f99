#include "index/postings.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace wellspring::index {

void PostingsBuilder::add(std::span<const std::string> terms) {
  const std::size_t first = entries_.size();
  for (const std::string& term : terms) {
    const TermId id = terms_.add(term);
    if (id == last_entry_.size()) last_entry_.push_back(0);
    if (last_entry_[id] > first) {
      Frequency& frequency = entries_[last_entry_[id] - 1].frequency;
      if (frequency < std::numeric_limits<Frequency>::max()) ++frequency;
    } else {
      entries_.push_back({id, 1});
      last_entry_[id] = entries_.size();
    }
  }
  chunk_ends_.push_back(entries_.size());
  lengths_.push_back(static_cast<std::uint32_t>(terms.size()));
}

Postings PostingsBuilder::build() && {
  Postings postings;
  postings.starts_.assign(terms_.size() + 1, 0);
  for (const Entry& entry : entries_) ++postings.starts_[entry.term + 1];
  std::partial_sum(postings.starts_.begin(), postings.starts_.end(), postings.starts_.begin());
  postings.slots_.resize(entries_.size());
  postings.frequencies_.resize(entries_.size());
  std::vector<std::uint32_t> next(postings.starts_.begin(), postings.starts_.end() - 1);
  std::size_t at = 0;
  for (std::size_t chunk = 0; chunk < chunk_ends_.size(); ++chunk) {
    for (; at < chunk_ends_[chunk]; ++at) {
      const std::uint32_t place = next[entries_[at].term]++;
      postings.slots_[place] = static_cast<Slot>(chunk);
      postings.frequencies_[place] = entries_[at].frequency;
    }
  }
  terms_.freeze();
  lengths_.shrink_to_fit();
  postings.terms_ = std::move(terms_);
  postings.lengths_ = std::move(lengths_);
  return postings;
}

/// Two passes over the sources: count what is kept of each term, then copy it to its place.
class PostingsMerger {
 public:
  explicit PostingsMerger(std::span<const PostingsSource> sources) : sources_(sources) {}

  Postings merge(std::size_t chunk_count) {
    for (const PostingsSource& source : sources_) count(source);
    merged_.starts_.insert(merged_.starts_.begin(), 0);
    std::partial_sum(merged_.starts_.begin(), merged_.starts_.end(), merged_.starts_.begin());
    merged_.slots_.resize(merged_.starts_.back());
    merged_.frequencies_.resize(merged_.starts_.back());
    merged_.lengths_.resize(chunk_count);
    next_.assign(merged_.starts_.begin(), merged_.starts_.end() - 1);
    for (std::size_t at = 0; at < sources_.size(); ++at) copy(sources_[at], new_ids_[at]);
    merged_.terms_.freeze();
    return std::move(merged_);
  }

 private:
  void count(const PostingsSource& source) {
    std::vector<TermId>& new_ids = new_ids_.emplace_back();
    new_ids.reserve(source.postings->terms().size());
    for (TermId term = 0; term < source.postings->terms().size(); ++term) {
      const auto slots = source.postings->list(term).slots;
      const auto kept = std::count_if(slots.begin(), slots.end(),
                                      [&](Slot slot) { return source.new_slots[slot] != kNoSlot; });
      new_ids.push_back(kept == 0 ? kNoTerm : merged_.terms_.add(source.postings->terms().term(term)));
      if (kept == 0) continue;
      if (new_ids.back() == merged_.starts_.size()) merged_.starts_.push_back(0);
      merged_.starts_[new_ids.back()] += static_cast<std::uint32_t>(kept);
    }
  }

  void copy(const PostingsSource& source, const std::vector<TermId>& new_ids) {
    for (TermId term = 0; term < new_ids.size(); ++term) {
      if (new_ids[term] == kNoTerm) continue;
      const PostingList list = source.postings->list(term);
      std::uint32_t& next = next_[new_ids[term]];
      for (std::size_t at = 0; at < list.slots.size(); ++at) {
        const Slot slot = source.new_slots[list.slots[at]];
        if (slot == kNoSlot) continue;
        merged_.slots_[next] = slot;
        merged_.frequencies_[next++] = list.frequencies[at];
      }
    }
    for (std::size_t old = 0; old < source.new_slots.size(); ++old) {
      if (source.new_slots[old] != kNoSlot)
        merged_.lengths_[source.new_slots[old]] = source.postings->lengths()[old];
    }
  }

  std::span<const PostingsSource> sources_;
  std::vector<std::vector<TermId>> new_ids_;  // by source, by its term
  std::vector<std::uint32_t> next_;           // by new term: where its next posting goes
  Postings merged_;
};

Postings merge_postings(std::span<const PostingsSource> sources, std::size_t chunk_count) {
  return PostingsMerger(sources).merge(chunk_count);
}

}  // namespace wellspring::index
