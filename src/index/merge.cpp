#include "index/merge.hpp"

#include <algorithm>
#include <map>

namespace wellspring::index {
namespace {

constexpr std::size_t kFanIn = 8;
constexpr std::size_t kFirstTierChunks = 256;
constexpr std::size_t kDeadShare = 4;  // one in so many chunks

std::size_t tier_of(std::size_t chunks) {
  std::size_t tier = 0;
  for (std::size_t limit = kFirstTierChunks; chunks > limit; limit *= kFanIn) ++tier;
  return tier;
}

/// A live article of an input, before it gets its new place.
struct Survivor {
  std::size_t input = 0;
  const ArticleRange* article = nullptr;
};

std::vector<Survivor> survivors_of(std::span<const SegmentView> inputs) {
  std::vector<Survivor> survivors;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    for (const ArticleRange& article : inputs[input].segment->articles) {
      if (inputs[input].is_live(article)) survivors.push_back({input, &article});
    }
  }
  std::sort(survivors.begin(), survivors.end(),
            [](const Survivor& a, const Survivor& b) { return a.article->key < b.article->key; });
  return survivors;
}

}  // namespace

std::vector<std::size_t> choose_merge(std::span<const SegmentSize> sizes) {
  std::map<std::size_t, std::vector<std::size_t>> tiers;
  for (std::size_t at = 0; at < sizes.size(); ++at) tiers[tier_of(sizes[at].live)].push_back(at);
  for (auto& [tier, members] : tiers) {
    if (members.size() >= kFanIn) return std::move(members);
  }
  for (std::size_t at = 0; at < sizes.size(); ++at) {
    const std::size_t dead = sizes[at].total - sizes[at].live;
    if (dead > 0 && dead * kDeadShare >= sizes[at].total) return {at};
  }
  return {};
}

std::shared_ptr<const Segment> merge_segments(std::span<const SegmentView> inputs) {
  const std::vector<Survivor> survivors = survivors_of(inputs);
  std::size_t chunk_count = 0;
  std::vector<std::vector<Slot>> new_slots;
  for (const SegmentView& input : inputs) {
    chunk_count += input.live_chunks();
    new_slots.emplace_back(input.segment->chunks.size(), kNoSlot);
  }
  auto merged = std::make_shared<Segment>();
  merged->rows = Rows(chunk_count, inputs.front().segment->rows.dimension());
  merged->chunks.reserve(chunk_count);
  merged->articles.reserve(survivors.size());
  for (const auto& [input, article] : survivors) {
    const Segment& source = *inputs[input].segment;
    merged->articles.push_back(
        {.key = article->key, .first = static_cast<Slot>(merged->chunks.size()), .count = article->count});
    for (Slot slot = article->first; slot < article->first + article->count; ++slot) {
      new_slots[input][slot] = static_cast<Slot>(merged->chunks.size());
      merged->rows.assign(merged->chunks.size(), source.rows, slot);
      merged->chunks.push_back(source.chunks[slot]);
    }
  }
  std::vector<PostingsSource> sources;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    sources.push_back({&inputs[input].segment->postings, new_slots[input]});
    merged->length += inputs[input].live_length();
  }
  merged->postings = merge_postings(sources, chunk_count);
  describe_articles(*merged);
  return merged;
}

}  // namespace wellspring::index
