#pragma once

#include <memory>
#include <span>
#include <vector>

#include "index/corpus.hpp"
#include "index/index.hpp"

namespace wellspring::index {

/// What every snapshot of an index shares; snapshots may outlive the index.
struct Settings {
  IndexOptions options;
  Analyze analyze;
};

class SegmentedSnapshot final : public Snapshot {
 public:
  SegmentedSnapshot(std::shared_ptr<const Settings> settings, std::span<const SegmentView> views,
                    std::uint64_t generation)
      : settings_(std::move(settings)), corpus_({views.begin(), views.end()}), generation_(generation) {}

  std::vector<model::Hit> search(const model::Query& query, std::span<const float> vector,
                                 const SearchOptions& options) const override;
  std::size_t chunk_count() const override { return corpus_.chunks(); }
  std::size_t article_count() const override { return corpus_.articles(); }
  const std::vector<std::string>& locales() const override { return corpus_.locales(); }
  std::uint64_t generation() const override { return generation_; }

 private:
  std::shared_ptr<const Settings> settings_;
  Corpus corpus_;
  std::uint64_t generation_;
};

}  // namespace wellspring::index
