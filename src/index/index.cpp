#include "index/index.hpp"

#include <algorithm>
#include <utility>

#include "base/mutex.hpp"
#include "index/merge.hpp"
#include "index/segment.hpp"
#include "index/segment_list.hpp"
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

}  // namespace

struct Index::State {
  State(const IndexOptions& options, Analyze analyze)
      : settings(std::make_shared<const Settings>(Settings{options, std::move(analyze)})),
        segments(settings->analyze),
        published(std::make_shared<const SegmentedSnapshot>(settings, segments.views(), generation)) {}

  std::shared_ptr<const Segment> build(std::span<ArticleChunks> articles) const {
    return build_segment(articles, settings->options.dimension, settings->analyze);
  }

  void publish() WELLSPRING_REQUIRES(writer) {
    std::shared_ptr<const Snapshot> next =
        std::make_shared<const SegmentedSnapshot>(settings, segments.views(), generation);
    {
      const MutexLock lock(published_mutex);
      published.swap(next);
    }
    // The old snapshot, now `next`, may be the last owner of segments: it is freed here, while no reader
    // waits.
  }

  const std::shared_ptr<const Settings> settings;

  Mutex merger;  // held for a whole merge, before `writer`
  Mutex writer;
  SegmentList segments WELLSPRING_GUARDED_BY(writer);
  std::uint64_t generation WELLSPRING_GUARDED_BY(writer) = 0;

  // Held for the copy or the swap of one pointer, never during work.
  Mutex published_mutex;
  std::shared_ptr<const Snapshot> published WELLSPRING_GUARDED_BY(published_mutex);
};

Index::Index(const IndexOptions& options, Analyze analyze)
    : state_(std::make_unique<State>(options, std::move(analyze))) {}

Index::~Index() = default;

void Index::replace(const model::ArticleKey& key, std::vector<model::EmbeddedChunk> chunks) {
  std::shared_ptr<const Segment> revision;
  if (!chunks.empty()) {
    ArticleChunks article(key, std::move(chunks));
    revision = state_->build(std::span(&article, 1));
  }
  const MutexLock lock(state_->writer);
  state_->segments.replace(key, std::move(revision));
  ++state_->generation;
  state_->publish();
}

void Index::remove(const ArticleId& id) {
  const MutexLock lock(state_->writer);
  state_->segments.remove(id);
  ++state_->generation;
  state_->publish();
}

void Index::load(std::vector<ArticleChunks> articles, const ParallelFor& parallel) {
  put_in_order(articles);
  const std::vector<std::span<ArticleChunks>> parts = split(articles);
  std::vector<SegmentView> views(parts.size());
  const auto build_part = [&](std::size_t at) { views[at].segment = state_->build(parts[at]); };
  if (parallel) {
    parallel(parts.size(), build_part);
  } else {
    for (std::size_t at = 0; at < parts.size(); ++at) build_part(at);
  }
  const MutexLock lock(state_->writer);
  state_->segments.reset(std::move(views));
  ++state_->generation;
  state_->publish();
}

bool Index::merge_step() {
  const MutexLock one_merge_at_a_time(state_->merger);
  std::vector<SegmentView> inputs;
  {
    const MutexLock lock(state_->writer);
    inputs = state_->segments.choose_merge();
  }
  if (inputs.empty()) return false;
  std::shared_ptr<const Segment> merged = merge_segments(inputs);
  const MutexLock lock(state_->writer);
  state_->segments.commit_merge(inputs, std::move(merged));
  state_->publish();
  return true;
}

std::shared_ptr<const Snapshot> Index::snapshot() const {
  const MutexLock lock(state_->published_mutex);
  return state_->published;
}

}  // namespace wellspring::index
