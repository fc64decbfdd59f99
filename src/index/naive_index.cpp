#include "index/naive_index.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/language_tag.hpp"
#include "index/fusion.hpp"
#include "index/half.hpp"

namespace wellspring::index::testing {
namespace {

/// Whether the reader is better off with a text in `a` than with one in `b`.
bool suits_better(const std::string& a, const std::string& b, const std::string& reader,
                  const std::string& otherwise) {
  for (const std::string& wanted : {reader, otherwise}) {
    const int near_a = language_nearness(a, wanted);
    const int near_b = language_nearness(b, wanted);
    if (near_a != near_b) return near_a > near_b;
  }
  return a < b;
}

float dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t at = 0; at < std::min(a.size(), b.size()); ++at) sum += a[at] * b[at];
  return sum;
}

/// With the product's own arithmetic for the mix (fusion_test.cpp checks it), so that ties round alike.
void fuse_by_score(std::vector<NaiveHit>& hits, bool has_vector, float weight) {
  ScoreRange bm25;
  ScoreRange dense;
  for (const NaiveHit& hit : hits) {
    if (hit.bm25 > 0) bm25 = {0, std::max(bm25.high, hit.bm25)};
    if (has_vector) dense = {std::min(dense.low, hit.dense), std::max(dense.high, hit.dense)};
  }
  const ConvexFusion fuse = convex_fusion(bm25, dense, weight);
  for (NaiveHit& hit : hits) hit.score = fuse(hit.bm25, hit.dense);
}

/// Ranks are places in the list sorted by one score; a lexical score of zero has none.
void fuse_by_rank(std::vector<NaiveHit>& hits, bool has_vector, std::size_t candidates) {
  for (NaiveHit& hit : hits) hit.score = 0;
  const auto add = [&](float NaiveHit::*stage, bool zero_counts) {
    std::stable_sort(hits.begin(), hits.end(),
                     [&](const NaiveHit& a, const NaiveHit& b) { return a.*stage > b.*stage; });
    for (std::size_t at = 0; at < std::min(candidates, hits.size()); ++at) {
      if (zero_counts || hits[at].*stage > 0) hits[at].score += 1.0F / (60.0F + static_cast<float>(at + 1));
    }
    std::sort(hits.begin(), hits.end(), [](const NaiveHit& a, const NaiveHit& b) {
      return std::tie(a.article, a.chunk_index) < std::tie(b.article, b.chunk_index);
    });
  };
  add(&NaiveHit::bm25, false);
  if (has_vector) add(&NaiveHit::dense, true);
  std::erase_if(hits, [](const NaiveHit& hit) { return hit.score == 0; });
}

}  // namespace

void split_words(std::string_view text, std::string_view, std::vector<std::string>& terms) {
  for (std::size_t first = 0; first < text.size();) {
    const std::size_t end = std::min(text.find(' ', first), text.size());
    if (end > first) terms.emplace_back(text.substr(first, end - first));
    first = end + 1;
  }
}

void stem_words(std::string_view text, std::string_view locale, std::vector<std::string>& terms) {
  std::vector<std::string> words;
  split_words(text, locale, words);
  for (std::string& word : words) {
    if (word == "a" && locale != "es") continue;
    if (locale == "fr" && word.size() > 1) word.pop_back();
    terms.push_back(std::move(word));
  }
}

model::EmbeddedChunk make_chunk(const model::ArticleKey& key, std::size_t at, std::string text,
                                std::vector<float> vector) {
  model::EmbeddedChunk chunk;
  chunk.chunk.text = std::move(text);
  chunk.chunk.metadata.article = key;
  chunk.chunk.metadata.index = at;
  chunk.vector = std::move(vector);
  return chunk;
}

void NaiveIndex::replace(const model::ArticleKey& key, std::vector<model::EmbeddedChunk> chunks) {
  for (model::EmbeddedChunk& chunk : chunks) {
    // As the product stores them, so that ties fall alike (dot_test.cpp checks the rounding).
    for (float& value : chunk.vector) value = to_float(to_half(value));
  }
  if (chunks.empty()) {
    articles_.erase(key);
  } else {
    articles_[key] = std::move(chunks);
  }
}

void NaiveIndex::remove(const ArticleId& id) {
  std::erase_if(articles_, [&](const auto& article) { return article.first.id == id; });
}

std::size_t NaiveIndex::chunk_count() const {
  std::size_t count = 0;
  for (const auto& [key, chunks] : articles_) count += chunks.size();
  return count;
}

std::vector<std::string> NaiveIndex::words_of(const std::string& text, const std::string& locale) const {
  std::vector<std::string> words;
  analyze_(text, locale, words);
  return words;
}

std::map<ArticleId, std::string> NaiveIndex::best_locales(const Matcher& matcher, const std::string& reader,
                                                          const std::string& otherwise) const {
  std::map<ArticleId, std::string> best;
  for (const auto& [key, chunks] : articles_) {
    const bool matches = std::any_of(chunks.begin(), chunks.end(), [&](const model::EmbeddedChunk& chunk) {
      return matcher.matches(chunk.chunk.metadata);
    });
    if (!matches) continue;
    const auto [known, first] = best.try_emplace(key.id, key.locale);
    if (!first && suits_better(key.locale, known->second, reader, otherwise)) known->second = key.locale;
  }
  return best;
}

NaiveIndex::Statistics NaiveIndex::statistics() const {
  Statistics all;
  std::size_t words_in_all = 0;
  for (const auto& [key, chunks] : articles_) {
    for (const model::EmbeddedChunk& chunk : chunks) {
      std::vector<std::string> words = words_of(chunk.chunk.text, key.locale);
      words_in_all += words.size();
      std::sort(words.begin(), words.end());
      words.erase(std::unique(words.begin(), words.end()), words.end());
      for (const std::string& word : words) ++all.chunks_with[word];
    }
  }
  all.chunks = chunk_count();
  all.average_length =
      static_cast<float>(static_cast<double>(words_in_all) / static_cast<double>(all.chunks));
  return all;
}

float NaiveIndex::bm25(const model::Chunk& chunk, const std::string& text,
                       const Statistics& statistics) const {
  if (statistics.average_length == 0) return 0;
  const std::string& locale = chunk.metadata.article.locale;
  const std::vector<std::string> query = words_of(text, locale);
  const std::vector<std::string> words = words_of(chunk.text, locale);
  const auto count = static_cast<float>(statistics.chunks);
  const auto length = static_cast<float>(words.size());
  const float norm = options_.bm25_k1 * (1 - options_.bm25_b) +
                     options_.bm25_k1 * options_.bm25_b / statistics.average_length * length;
  float score = 0;
  for (std::size_t at = 0; at < query.size(); ++at) {
    const std::string& term = query[at];
    const auto here = query.begin() + static_cast<std::ptrdiff_t>(at);
    const auto known = statistics.chunks_with.find(term);
    if (known == statistics.chunks_with.end() || std::find(query.begin(), here, term) != here) continue;
    const auto frequency = static_cast<float>(std::count(words.begin(), words.end(), term));
    const auto repeated = static_cast<float>(std::count(query.begin(), query.end(), term));
    const auto with = static_cast<float>(known->second);
    const float idf = std::log1p((count - with + 0.5F) / (with + 0.5F));
    score += repeated * idf * frequency / (frequency + norm);
  }
  return score;
}

std::vector<NaiveHit> NaiveIndex::search(const model::Query& query, std::span<const float> vector,
                                         const SearchOptions& options) const {
  const Matcher matcher(query.filter);
  const auto best = best_locales(matcher, query.locale, options.default_locale);
  const Statistics stats = statistics();
  std::vector<NaiveHit> hits;
  for (const auto& [key, chunks] : articles_) {
    for (const auto& [chunk, embedding] : chunks) {
      if (!matcher.matches(chunk.metadata) || best.at(key.id) != key.locale) continue;
      NaiveHit hit{key, chunk.metadata.index, 0, 0, 0};
      if (query.mode != model::SearchMode::kDense) hit.bm25 = bm25(chunk, query.text, stats);
      if (query.mode != model::SearchMode::kBm25) hit.dense = dot(vector, embedding);
      hit.score = query.mode == model::SearchMode::kBm25 ? hit.bm25 : hit.dense;
      hits.push_back(hit);
    }
  }
  const bool has_vector = !vector.empty();
  if (query.mode == model::SearchMode::kHybrid && options.fusion == Fusion::kRrf) {
    fuse_by_rank(hits, has_vector, std::max(query.k, options.candidates));
  } else if (query.mode == model::SearchMode::kHybrid) {
    fuse_by_score(hits, has_vector, options.bm25_weight);
  }
  if (query.mode == model::SearchMode::kDense && !has_vector) hits.clear();
  if (query.mode == model::SearchMode::kBm25 || !has_vector) {
    std::erase_if(hits, [](const NaiveHit& hit) { return hit.bm25 <= 0; });
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const NaiveHit& a, const NaiveHit& b) { return a.score > b.score; });
  hits.resize(std::min(hits.size(), query.k));
  return hits;
}

}  // namespace wellspring::index::testing
