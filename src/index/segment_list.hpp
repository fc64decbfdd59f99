#pragma once

#include <memory>
#include <span>
#include <vector>

#include "index/corpus.hpp"
#include "index/segment.hpp"

namespace wellspring::index {

/// What the writer changes: the segments of the next snapshot. Not thread-safe; no article is live in two
/// segments.
class SegmentList {
 public:
  /// `analyze` outlives the list.
  explicit SegmentList(const Analyze& analyze) : analyze_(&analyze) {}

  std::span<const SegmentView> views() const { return views_; }

  /// One revision of one article, or null to remove it.
  void replace(const model::ArticleKey& key, std::shared_ptr<const Segment> revision);
  /// All locales.
  void remove(const ArticleId& id);
  /// In place of everything.
  void reset(std::vector<SegmentView> views) { views_ = std::move(views); }

  /// The segments to merge next, as they are now; none when all is in order.
  std::vector<SegmentView> choose_merge() const;
  /// Puts the merged segment in the place of its inputs. What was removed from them since choose_merge() is
  /// buried again; an input that is gone died as a whole.
  void commit_merge(std::span<const SegmentView> inputs, std::shared_ptr<const Segment> merged);

 private:
  template <class Name>
  void bury_all(const Name& name);
  const SegmentView* find(const std::shared_ptr<const Segment>& segment) const;

  const Analyze* analyze_;
  std::vector<SegmentView> views_;
};

}  // namespace wellspring::index
