#include "index/segment.hpp"

#include <algorithm>

namespace wellspring::index {
namespace {

/// Compares only by id, for all locales of an article.
struct ByArticleId {
  bool operator()(const ArticleRange& range, const ArticleId& id) const { return range.key.id < id; }
  bool operator()(const ArticleId& id, const ArticleRange& range) const { return id < range.key.id; }
};

struct ByKey {
  bool operator()(const ArticleRange& range, const model::ArticleKey& key) const { return range.key < key; }
  bool operator()(const model::ArticleKey& key, const ArticleRange& range) const { return key < range.key; }
};

std::size_t count_chunks(std::span<const ArticleChunks> articles) {
  std::size_t count = 0;
  for (const auto& [key, chunks] : articles) count += chunks.size();
  return count;
}

}  // namespace

std::span<const ArticleRange> Segment::find(const ArticleId& id) const {
  const auto [first, last] = std::equal_range(articles.begin(), articles.end(), id, ByArticleId{});
  return {first, last};
}

std::span<const ArticleRange> Segment::find(const model::ArticleKey& key) const {
  const auto [first, last] = std::equal_range(articles.begin(), articles.end(), key, ByKey{});
  return {first, last};
}

const ArticleRange& Segment::article_of(Slot slot) const {
  const auto after =
      std::upper_bound(articles.begin(), articles.end(), slot,
                       [](Slot wanted, const ArticleRange& range) { return wanted < range.first; });
  return *(after - 1);
}

void describe_articles(Segment& segment) {
  std::vector<std::string>& locales = segment.locales;
  for (const ArticleRange& article : segment.articles) {
    const auto place = std::lower_bound(locales.begin(), locales.end(), article.key.locale);
    if (place == locales.end() || *place != article.key.locale) locales.insert(place, article.key.locale);
  }
  segment.articles_in_locale.assign(locales.size(), 0);
  for (ArticleRange& article : segment.articles) {
    const auto place = std::lower_bound(locales.begin(), locales.end(), article.key.locale);
    article.locale = static_cast<std::uint32_t>(place - locales.begin());
    article.id_hash = std::hash<std::string>{}(article.key.id.value());
    ++segment.articles_in_locale[article.locale];
  }
}

std::shared_ptr<const Segment> build_segment(std::span<ArticleChunks> articles, std::size_t dimension,
                                             const Analyze& analyze) {
  auto segment = std::make_shared<Segment>();
  const std::size_t chunk_count = count_chunks(articles);
  segment->rows = Rows(chunk_count, dimension);
  segment->chunks.reserve(chunk_count);
  segment->articles.reserve(articles.size());
  PostingsBuilder postings;
  std::vector<std::string> terms;
  for (auto& [key, chunks] : articles) {
    segment->articles.push_back({.key = key,
                                 .first = static_cast<Slot>(segment->chunks.size()),
                                 .count = static_cast<Slot>(chunks.size())});
    for (model::EmbeddedChunk& chunk : chunks) {
      terms.clear();
      analyze(chunk.chunk.text, key.locale, terms);
      postings.add(terms);
      segment->length += terms.size();
      segment->rows.assign(segment->chunks.size(), chunk.vector);
      segment->chunks.push_back(std::make_shared<const model::Chunk>(std::move(chunk.chunk)));
    }
    chunks = {};
  }
  segment->postings = std::move(postings).build();
  describe_articles(*segment);
  return segment;
}

}  // namespace wellspring::index
