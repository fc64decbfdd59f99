#include "index/segment_list.hpp"

#include <algorithm>

#include "index/merge.hpp"

namespace wellspring::index {
namespace {

/// Appends the articles of `before` that have died since, as the merged segment has them.
void append_died(const SegmentView& before, const SegmentView* now, const Segment& merged,
                 std::vector<ArticleRange>& died) {
  if (now != nullptr && now->tombstones == before.tombstones) return;
  for (const ArticleRange& article : before.segment->articles) {
    if (!before.is_live(article) || (now != nullptr && now->is_live(article))) continue;
    const auto moved = merged.find(article.key);
    died.insert(died.end(), moved.begin(), moved.end());
  }
}

}  // namespace

/// `name` is a key or an id: whatever Segment::find() takes.
template <class Name>
void SegmentList::bury_all(const Name& name) {
  for (SegmentView& view : views_) {
    const std::span<const ArticleRange> found = view.segment->find(name);
    const bool any_live = std::any_of(found.begin(), found.end(),
                                      [&](const ArticleRange& article) { return view.is_live(article); });
    if (any_live) view = bury(view, found, *analyze_);
  }
  std::erase_if(views_, [](const SegmentView& view) { return view.live_chunks() == 0; });
}

const SegmentView* SegmentList::find(const std::shared_ptr<const Segment>& segment) const {
  const auto found = std::find_if(views_.begin(), views_.end(),
                                  [&](const SegmentView& view) { return view.segment == segment; });
  return found == views_.end() ? nullptr : &*found;
}

void SegmentList::replace(const model::ArticleKey& key, std::shared_ptr<const Segment> revision) {
  bury_all(key);
  if (revision) views_.push_back({std::move(revision), nullptr});
}

void SegmentList::remove(const ArticleId& id) {
  bury_all(id);
}

std::vector<SegmentView> SegmentList::choose_merge() const {
  std::vector<SegmentSize> sizes;
  for (const SegmentView& view : views_) sizes.push_back({view.live_chunks(), view.segment->chunks.size()});
  std::vector<SegmentView> chosen;
  for (const std::size_t at : index::choose_merge(sizes)) chosen.push_back(views_[at]);
  return chosen;
}

void SegmentList::commit_merge(std::span<const SegmentView> inputs, std::shared_ptr<const Segment> merged) {
  std::vector<ArticleRange> died;
  std::vector<const Segment*> replaced;
  for (const SegmentView& input : inputs) {
    const SegmentView* const now = find(input.segment);
    if (now != nullptr) replaced.push_back(now->segment.get());
    append_died(input, now, *merged, died);
  }
  if (replaced.empty()) return;
  std::erase_if(views_, [&](const SegmentView& view) {
    return std::find(replaced.begin(), replaced.end(), view.segment.get()) != replaced.end();
  });
  SegmentView result{std::move(merged), nullptr};
  views_.push_back(died.empty() ? std::move(result) : bury(result, died, *analyze_));
}

}  // namespace wellspring::index
