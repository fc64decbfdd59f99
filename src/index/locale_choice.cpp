#include "index/locale_choice.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <tuple>

#include "base/language_tag.hpp"

namespace wellspring::index {
namespace {

/// The best rank met of each article: open addressing, because this is done for each article and query.
class BestRanks {
 public:
  explicit BestRanks(std::size_t articles) : entries_(std::bit_ceil(2 * articles + 1)) {}

  /// At first worse than any rank. The article outlives this.
  std::size_t& of(const ArticleRange& article) {
    for (std::size_t at = article.id_hash;; ++at) {
      Entry& entry = entries_[at & (entries_.size() - 1)];
      if (entry.article == nullptr) entry.article = &article;
      if (entry.article->id_hash == article.id_hash && entry.article->key.id == article.key.id)
        return entry.rank;
    }
  }

 private:
  struct Entry {
    const ArticleRange* article = nullptr;
    std::size_t rank = std::numeric_limits<std::size_t>::max();
  };
  std::vector<Entry> entries_;
};

/// Calls `visit(view, article)` for each article and locale that has a chunk in the masks.
template <class Visit>
void for_each_selected(const Corpus& corpus, std::span<const Bitmap> masks, const Visit& visit) {
  for (std::size_t view = 0; view < corpus.views().size(); ++view) {
    for (const ArticleRange& article : corpus.views()[view].segment->articles) {
      if (masks[view].any(article.first, article.count)) visit(view, article);
    }
  }
}

}  // namespace

std::vector<std::size_t> rank_locales(std::span<const std::string> locales, std::string_view reader,
                                      std::string_view otherwise) {
  std::vector<std::size_t> order(locales.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto sort_key = [&](std::size_t at) {
    return std::tuple(-language_nearness(locales[at], reader), -language_nearness(locales[at], otherwise),
                      std::string_view(locales[at]));
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return sort_key(a) < sort_key(b); });
  std::vector<std::size_t> ranks(locales.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

void keep_best_locales(const Corpus& corpus, std::span<const std::size_t> ranks, std::span<Bitmap> masks) {
  BestRanks best(corpus.articles());
  const auto rank_of = [&](std::size_t view, const ArticleRange& article) {
    return ranks[corpus.locale_of(view, article)];
  };
  for_each_selected(corpus, masks, [&](std::size_t view, const ArticleRange& article) {
    std::size_t& known = best.of(article);
    known = std::min(known, rank_of(view, article));
  });
  for_each_selected(corpus, masks, [&](std::size_t view, const ArticleRange& article) {
    if (rank_of(view, article) == best.of(article)) return;
    for (Slot slot = article.first; slot < article.first + article.count; ++slot) masks[view].reset(slot);
  });
}

}  // namespace wellspring::index
