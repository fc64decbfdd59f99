#include "index/index.hpp"

#include <algorithm>
#include <utility>

#include "base/mutex.hpp"
#include "index/corpus.hpp"
#include "index/merge.hpp"
#include "index/segment.hpp"
#include "index/snapshot.hpp"

namespace wellspring::index {
namespace {

// Parts are searched one after the other, so a few large ones cost a query nothing; four give two to four
// processors even shares.
constexpr std::size_t kLoadParts = 4;
constexpr std::size_t kLoadPartChunks = 500;  // smaller parts are not worth a hand-over

/// In key order, each key once (the last one given wins), without empty articles.
void put_in_order(std::vector<ArticleChunks>& articles) {
  std::stable_sort(articles.begin(), articles.end(),
                   [](const ArticleChunks& a, const ArticleChunks& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (std::size_t at = 0; at < articles.size(); ++at) {
    const bool replaced = at + 1 < articles.size() && articles[at + 1].first == articles[at].first;
    if (replaced || articles[at].second.empty()) continue;
    if (kept != at) articles[kept] = std::move(articles[at]);
    ++kept;
  }
  articles.resize(kept);
}

/// Consecutive parts of about the same number of chunks.
std::vector<std::span<ArticleChunks>> split(std::span<ArticleChunks> articles) {
  std::size_t chunk_count = 0;
  for (const auto& [key, chunks] : articles) chunk_count += chunks.size();
  const std::size_t target = std::max(kLoadPartChunks, (chunk_count + kLoadParts - 1) / kLoadParts);
  std::vector<std::span<ArticleChunks>> parts;
  std::size_t first = 0;
  std::size_t in_part = 0;
  for (std::size_t at = 0; at < articles.size(); ++at) {
    in_part += articles[at].second.size();
    if (in_part < target && at + 1 < articles.size()) continue;
    parts.push_back(articles.subspan(first, at + 1 - first));
    first = at + 1;
    in_part = 0;
  }
  return parts;
}

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

struct Index::State {
  State(const IndexOptions& options, Analyze analyze)
      : settings(std::make_shared<const Settings>(Settings{options, std::move(analyze)})),
        published(std::make_shared<const SegmentedSnapshot>(settings, std::vector<SegmentView>{})) {}

  /// Buries whatever `find(segment)` names, in every segment.
  template <class Find>
  void bury_all(const Find& find) WELLSPRING_REQUIRES(writer) {
    for (SegmentView& view : views) {
      for (const ArticleRange& article : find(*view.segment)) {
        if (view.is_live(article)) view = bury(view, std::span(&article, 1), settings->analyze);
      }
    }
  }

  void publish() WELLSPRING_REQUIRES(writer) {
    std::erase_if(views, [](const SegmentView& view) { return view.live_chunks() == 0; });
    std::shared_ptr<const Snapshot> next = std::make_shared<const SegmentedSnapshot>(settings, views);
    {
      const MutexLock lock(published_mutex);
      published.swap(next);
    }
    // The old snapshot, now `next`, may be the last owner of segments: it is freed here, while no reader
    // waits.
  }

  std::vector<SegmentView> choose() WELLSPRING_REQUIRES(writer) {
    std::vector<SegmentSize> sizes;
    for (const SegmentView& view : views) sizes.push_back({view.live_chunks(), view.segment->chunks.size()});
    std::vector<SegmentView> chosen;
    for (const std::size_t at : choose_merge(sizes)) chosen.push_back(views[at]);
    return chosen;
  }

  /// The view of this segment now; null when the segment is gone.
  const SegmentView* find(const std::shared_ptr<const Segment>& segment) const WELLSPRING_REQUIRES(writer) {
    const auto found = std::find_if(views.begin(), views.end(),
                                    [&](const SegmentView& view) { return view.segment == segment; });
    return found == views.end() ? nullptr : &*found;
  }

  /// Puts the merged segment in the place of its inputs. What was removed from them meanwhile is buried
  /// again; an input that is gone died as a whole.
  void commit(const std::vector<SegmentView>& inputs, std::shared_ptr<const Segment> merged)
      WELLSPRING_REQUIRES(writer) {
    std::vector<ArticleRange> died;
    std::vector<const Segment*> replaced;
    for (const SegmentView& input : inputs) {
      const SegmentView* const now = find(input.segment);
      if (now != nullptr) replaced.push_back(now->segment.get());
      append_died(input, now, *merged, died);
    }
    if (replaced.empty()) return;
    std::erase_if(views, [&](const SegmentView& view) {
      return std::find(replaced.begin(), replaced.end(), view.segment.get()) != replaced.end();
    });
    SegmentView result{std::move(merged), nullptr};
    views.push_back(died.empty() ? std::move(result) : bury(result, died, settings->analyze));
    publish();
  }

  const std::shared_ptr<const Settings> settings;

  Mutex merger;  // held for a whole merge, before `writer`
  Mutex writer;
  std::vector<SegmentView> views WELLSPRING_GUARDED_BY(writer);

  // Held for the copy or the swap of one pointer, never during work.
  Mutex published_mutex;
  std::shared_ptr<const Snapshot> published WELLSPRING_GUARDED_BY(published_mutex);
};

Index::Index(const IndexOptions& options, Analyze analyze)
    : state_(std::make_unique<State>(options, std::move(analyze))) {}

Index::~Index() = default;

void Index::replace(const model::ArticleKey& key, std::vector<model::EmbeddedChunk> chunks) {
  std::shared_ptr<const Segment> segment;
  if (!chunks.empty()) {
    ArticleChunks article(key, std::move(chunks));
    segment =
        build_segment(std::span(&article, 1), state_->settings->options.dimension, state_->settings->analyze);
  }
  const MutexLock lock(state_->writer);
  state_->bury_all([&](const Segment& known) { return known.find(key); });
  if (segment) state_->views.push_back({std::move(segment), nullptr});
  state_->publish();
}

void Index::remove(const ArticleId& id) {
  const MutexLock lock(state_->writer);
  state_->bury_all([&](const Segment& known) { return known.find(id); });
  state_->publish();
}

void Index::load(std::vector<ArticleChunks> articles, const ParallelFor& parallel) {
  put_in_order(articles);
  const std::vector<std::span<ArticleChunks>> parts = split(articles);
  std::vector<SegmentView> views(parts.size());
  const auto build_part = [&](std::size_t at) {
    views[at].segment =
        build_segment(parts[at], state_->settings->options.dimension, state_->settings->analyze);
  };
  if (parallel) {
    parallel(parts.size(), build_part);
  } else {
    for (std::size_t at = 0; at < parts.size(); ++at) build_part(at);
  }
  const MutexLock lock(state_->writer);
  state_->views = std::move(views);
  state_->publish();
}

bool Index::merge_step() {
  const MutexLock one_merge_at_a_time(state_->merger);
  std::vector<SegmentView> inputs;
  {
    const MutexLock lock(state_->writer);
    inputs = state_->choose();
  }
  if (inputs.empty()) return false;
  std::shared_ptr<const Segment> merged = merge_segments(inputs);
  const MutexLock lock(state_->writer);
  state_->commit(inputs, std::move(merged));
  return true;
}

std::shared_ptr<const Snapshot> Index::snapshot() const {
  const MutexLock lock(state_->published_mutex);
  return state_->published;
}

}  // namespace wellspring::index
