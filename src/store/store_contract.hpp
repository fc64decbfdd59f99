#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "store/article_store.hpp"
#include "store/job_journal.hpp"

/// What every adapter of the two ports must do. A test program of an adapter includes
/// article_store_contract.hpp and job_journal_contract.hpp and instantiates both suites with a factory.
namespace wellspring::store {

/// An adapter under test with somewhere to keep its data.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual ArticleStore& articles() = 0;
  virtual JobJournal& journal() = 0;
  /// Closes and opens again; an adapter that keeps nothing does nothing.
  virtual void reopen() = 0;
};

using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;

class StoreContract : public testing::TestWithParam<StoreFactory> {
 protected:
  std::unique_ptr<StoreUnderTest> store_ = GetParam()();
};

inline Timestamp at(int seconds) {
  return Timestamp{std::chrono::hours{24 * 365 * 55} + std::chrono::seconds{seconds}};
}

/// A revision with `count` chunks whose texts and vectors tell `content` and their position.
inline Revision make_revision(const std::string& id, const std::string& content, std::size_t count,
                              std::optional<Timestamp> updated_at = std::nullopt,
                              const std::string& locale = "en") {
  Revision revision;
  revision.key = {ArticleId(id), locale};
  revision.updated_at = updated_at;
  revision.content_hash = "hash of " + content;
  revision.title = "Title of " + id;
  revision.source = "payload";
  revision.embedding_model = "model-a";
  for (std::size_t i = 0; i < count; ++i) {
    model::EmbeddedChunk embedded;
    embedded.chunk.text = "Title: " + revision.title + "\n\n" + content + " " + std::to_string(i);
    embedded.chunk.body_offset = revision.title.size() + 9;
    model::ChunkMetadata& metadata = embedded.chunk.metadata;
    metadata.article = revision.key;
    metadata.title = revision.title;
    metadata.author = "u1";
    metadata.categories = {"c1", "c2"};
    metadata.published_at = at(7);
    metadata.extra = {{"tags", "x"}};
    if (i % 2 == 1) metadata.section = "Section";
    if (i % 4 == 3) metadata.subsection = "";
    metadata.type = i % 2 == 1 ? model::ChunkType::kSection : model::ChunkType::kText;
    metadata.content_length = content.size() + 2;
    metadata.index = i;
    metadata.is_title_chunk = i == 0;
    embedded.vector = {static_cast<float>(i), 0.25F, -1e-30F};
    revision.chunks.push_back(std::move(embedded));
  }
  return revision;
}

inline model::NewJob make_job(const std::string& id, std::optional<Timestamp> updated_at = std::nullopt,
                              model::JobPriority priority = model::JobPriority::kWebhook) {
  model::NewJob job;
  job.priority = priority;
  job.article.key.id = ArticleId(id);
  job.article.title = "Title of " + id;
  job.article.markdown = "text of " + id;
  job.article.updated_at = updated_at;
  return job;
}

}  // namespace wellspring::store
