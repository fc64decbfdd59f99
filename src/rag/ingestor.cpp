#include "rag/ingestor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>

#include "base/digest.hpp"
#include "text/chunker.hpp"

namespace wellspring::rag {
namespace {

constexpr std::size_t kSpecialPieces = 2;  // the model's own pieces around every input
constexpr std::size_t kEmbedSome = 64;     // short enough to let a publish through in between
constexpr std::size_t kEmbedAtOnce = 256;  // texts per call: enough to sort by length, bounded in memory

/// Length-prefixed, so that no two lists of fields give the same bytes.
void append_field(std::string& bytes, std::string_view field) {
  bytes += fmt::format("{}:{}", field.size(), field);
}

void append_optional(std::string& bytes, const std::optional<std::string>& field) {
  bytes += field ? '+' : '-';
  append_field(bytes, std::string_view(field ? *field : std::string()));
}

}  // namespace

std::string content_hash(const model::Article& article) {
  std::string bytes;
  append_field(bytes, article.title);
  append_field(bytes, article.markdown);
  append_optional(bytes, article.author);
  append_optional(bytes, article.slug);
  append_field(bytes, article.source);
  bytes += fmt::format("{},", article.categories.size());
  for (const std::string& category : article.categories) append_field(bytes, category);
  for (const auto& [key, value] : article.extra) {
    append_field(bytes, key);
    append_field(bytes, value);
  }
  return sha256_hex(bytes);
}

Ingestor::Ingestor(const embed::Embedder& embedder, store::ArticleStore& store, index::Index& index,
                   const Clock& clock, obs::Metrics& metrics)
    : embedder_(embedder), store_(store), index_(index), clock_(clock), metrics_(metrics) {}

Result<void> Ingestor::publish(const model::Article& article) {
  const text::ChunkerOptions options{.max_tokens = embedder_.max_tokens() - kSpecialPieces};
  auto chunked = text::chunk_article(article, options,
                                     [this](std::string_view text) { return embedder_.count_tokens(text); });
  if (chunked.has_error()) return chunked.error();
  std::vector<model::EmbeddedChunk> chunks;
  for (model::Chunk& chunk : *chunked) chunks.push_back({std::move(chunk), {}});

  auto stored = store_.chunks(article.key);
  if (stored.has_error()) return stored.error();
  reuse_vectors(*stored, chunks);
  if (const auto embedded = embed_missing(chunks); embedded.has_error()) return embedded.error();

  store::Revision revision{.key = article.key,
                           .updated_at = article.updated_at,
                           .content_hash = content_hash(article),
                           .title = article.title,
                           .source = article.source,
                           .embedding_model = embedder_.model_name(),
                           .chunks = std::move(chunks)};
  const MutexLock lock(changing_);
  if (const auto published = store_.publish(revision, clock_.wall()); published.has_error())
    return published.error();
  index_.replace(article.key, std::move(revision.chunks));
  return {};
}

Result<void> Ingestor::remove(const ArticleId& id, std::optional<Timestamp> tombstone) {
  const MutexLock lock(changing_);
  if (const auto removed = store_.remove(id, tombstone, clock_.wall()); removed.has_error())
    return removed.error();
  index_.remove(id);
  return {};
}

Result<StoredArticles> read_stored(store::ArticleStore& store, const std::string& embedding_model) {
  StoredArticles articles;
  const auto read = store.for_each(
      embedding_model,
      [&](const model::ArticleKey& key, std::vector<model::EmbeddedChunk>&& chunks) -> Result<void> {
        articles.emplace_back(key, std::move(chunks));
        return {};
      });
  if (read.has_error()) return read.error();
  return articles;
}

Result<std::size_t> Ingestor::load(StoredArticles articles, Unembedded unembedded,
                                   const index::ParallelFor& parallel) {
  std::size_t without_vector = 0;
  for (auto& [key, chunks] : articles) {
    const auto missing =
        std::ranges::count_if(chunks, [](const auto& chunk) { return chunk.vector.empty(); });
    if (missing == 0) continue;
    if (unembedded == Unembedded::kServe) {
      without_vector += static_cast<std::size_t>(missing);
      fill_gaps(chunks);
    } else if (const auto renewed = renew_vectors(key, chunks); renewed.has_error()) {
      return renewed.error();
    }
  }
  index_.load(std::move(articles), parallel);
  return without_vector;
}

/// A vector of zeros is at no distance's end: such a chunk adds nothing to a search by meaning.
void Ingestor::fill_gaps(std::vector<model::EmbeddedChunk>& chunks) const {
  for (model::EmbeddedChunk& each : chunks) {
    if (each.vector.size() != embedder_.dimension()) each.vector.assign(embedder_.dimension(), 0.0F);
  }
}

Result<std::size_t> Ingestor::embed_some(store::MissingVectors& missing) {
  const auto listed = missing.list(embedder_.model_name(), embedder_.dimension(), kEmbedSome);
  if (listed.has_error()) return listed.error();
  if (listed->empty()) return std::size_t{0};
  if (listed->front().row == last_row_) {
    return fail(ErrorKind::kBug, "embed passages: the store lists one again whose vector it took",
                listed->front().article.id.value());
  }
  last_row_ = listed->front().row;
  std::vector<std::string_view> texts;
  for (const store::UnembeddedChunk& each : *listed) texts.emplace_back(each.text);
  auto vectors = embed(texts);
  if (vectors.has_error()) return vectors.error();
  std::vector<store::NewVector> rows;
  std::set<model::ArticleKey> changed;
  for (std::size_t i = 0; i < listed->size(); ++i) {
    rows.push_back({(*listed)[i].row, std::move((*vectors)[i])});
    changed.insert((*listed)[i].article);
  }
  if (const auto put = missing.put(embedder_.model_name(), rows); put.has_error()) return put.error();
  for (const model::ArticleKey& key : changed) {
    if (const auto refreshed = refresh(key); refreshed.has_error()) return refreshed.error();
  }
  return rows.size();
}

Result<void> Ingestor::refresh(const model::ArticleKey& key) {
  const MutexLock lock(changing_);
  auto chunks = store_.chunks(key);
  if (chunks.has_error()) return chunks.error();
  if (chunks->empty()) return {};  // removed meanwhile
  fill_gaps(*chunks);
  index_.replace(key, std::move(*chunks));
  return {};
}

Result<void> Ingestor::renew_vectors(const model::ArticleKey& key,
                                     std::vector<model::EmbeddedChunk>& chunks) {
  if (const auto embedded = embed_missing(chunks); embedded.has_error()) return embedded.error();
  const auto stored = store_.find(key);
  if (stored.has_error()) return stored.error();
  if (!*stored || !(*stored)->live) {
    return fail(ErrorKind::kCorrupt, "load: chunks are stored for an article that is not live",
                key.id.value());
  }
  const store::StoredRevision& known = **stored;
  return store_.publish({.key = key,
                         .updated_at = known.updated_at,
                         .content_hash = known.content_hash,
                         .title = known.title,
                         .source = known.source,
                         .embedding_model = embedder_.model_name(),
                         .chunks = chunks},
                        clock_.wall());
}

void Ingestor::reuse_vectors(std::vector<model::EmbeddedChunk>& stored,
                             std::vector<model::EmbeddedChunk>& chunks) const {
  std::unordered_map<std::string_view, const std::vector<float>*> known;
  for (const model::EmbeddedChunk& each : stored) {
    if (each.vector.size() == embedder_.dimension()) known.emplace(each.chunk.text, &each.vector);
  }
  for (model::EmbeddedChunk& each : chunks) {
    if (const auto found = known.find(each.chunk.text); found != known.end()) each.vector = *found->second;
  }
}

Result<void> Ingestor::embed_missing(std::vector<model::EmbeddedChunk>& chunks) {
  std::vector<model::EmbeddedChunk*> missing;
  for (model::EmbeddedChunk& each : chunks) {
    if (each.vector.empty()) missing.push_back(&each);
  }
  for (std::size_t at = 0; at < missing.size(); at += kEmbedAtOnce) {
    const auto batch = std::span(missing).subspan(at, std::min(kEmbedAtOnce, missing.size() - at));
    std::vector<std::string_view> texts;
    for (const model::EmbeddedChunk* each : batch) texts.emplace_back(each->chunk.text);
    auto vectors = embed(texts);
    if (vectors.has_error()) return vectors.error();
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->vector = std::move((*vectors)[i]);
  }
  return {};
}

Result<std::vector<std::vector<float>>> Ingestor::embed(std::span<const std::string_view> texts) {
  auto vectors = embedder_.embed(texts);
  if (vectors.has_error()) return vectors.error();
  if (vectors->size() != texts.size()) {
    return fail(ErrorKind::kBug,
                fmt::format("embedding: {} vectors for {} texts", vectors->size(), texts.size()));
  }
  metrics_.count("wellspring_chunks_embedded_total", {}, static_cast<double>(texts.size()));
  return vectors;
}

}  // namespace wellspring::rag
