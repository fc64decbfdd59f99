#pragma once

#include <string_view>
#include <vector>

#include "index/bitmap.hpp"
#include "index/corpus.hpp"
#include "model/query.hpp"

namespace wellspring::index {

/// The chunks a query may find: live, matching its filter, and of an article in several locales those of the
/// one that suits the reader best. Refers to the corpus, which must outlive it.
class Selection {
 public:
  Selection(const Corpus& corpus, const model::Query& query, std::string_view default_locale);

  /// Calls `visit(first slot, count)` for each run of selected chunks of one segment.
  template <class Visit>
  void for_each_run(std::size_t view, const Visit& visit) const {
    const std::size_t chunk_count = corpus_->views()[view].segment->chunks.size();
    if (masks_[view].size() == 0) {
      visit(std::size_t{0}, chunk_count);
    } else {
      masks_[view].for_each_run(visit);
    }
  }

 private:
  const Corpus* corpus_;
  std::vector<Bitmap> masks_;  // by segment; one of size 0 selects everything
};

}  // namespace wellspring::index
