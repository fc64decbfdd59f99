// Writers, a merger and readers at once; run under ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "index/index.hpp"
#include "index/naive_index.hpp"

namespace wellspring::index {
namespace {

constexpr std::size_t kArticles = 24;
constexpr std::size_t kChunks = 3;
constexpr std::size_t kRounds = 60;

IndexOptions options() {
  IndexOptions chosen;
  chosen.dimension = 4;
  return chosen;
}

/// An article whose chunks all name their revision.
std::vector<model::EmbeddedChunk> revision(const model::ArticleKey& key, std::size_t number) {
  std::vector<model::EmbeddedChunk> chunks;
  for (std::size_t at = 0; at < kChunks; ++at) {
    chunks.push_back(testing::make_chunk(key, at, "all r" + std::to_string(number), {1, 0, 0, 0}));
  }
  return chunks;
}

model::ArticleKey key(std::size_t article) {
  return {ArticleId(std::to_string(article)), "en"};
}

model::Query everything() {
  model::Query query;
  query.text = "all";
  query.k = 10'000;
  return query;
}

/// Every article is there in exactly one whole revision.
void check_whole(const Snapshot& snapshot) {
  std::map<std::string, std::map<std::string, std::size_t>> chunks_by_revision;
  for (const model::Hit& hit : snapshot.search(everything(), std::vector<float>{1, 0, 0, 0}, {})) {
    ++chunks_by_revision[hit.chunk->metadata.article.id.value()][hit.chunk->text];
  }
  EXPECT_EQ(chunks_by_revision.size(), kArticles);
  for (const auto& [article, revisions] : chunks_by_revision) {
    EXPECT_EQ(revisions.size(), 1U) << "two revisions of " << article;
    EXPECT_EQ(revisions.begin()->second, kChunks) << "half of " << article;
  }
}

TEST(IndexThreads, ReadersSeeOneWholeRevisionOfEachArticleWhileWritersAndMergesRun) {
  Index index(options(), testing::split_words);
  for (std::size_t article = 0; article < kArticles; ++article)
    index.replace(key(article), revision(key(article), 0));
  std::atomic<bool> writing = true;
  std::thread reader([&] {
    while (writing) check_whole(*index.snapshot());
  });
  std::thread merger([&] {
    while (writing) index.merge_step();
  });
  std::vector<std::thread> writers;
  for (std::size_t part = 0; part < 2; ++part) {
    writers.emplace_back([&, part] {
      for (std::size_t number = 1; number <= kRounds; ++number) {
        for (std::size_t article = part; article < kArticles; article += 2) {
          index.replace(key(article), revision(key(article), number));
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  writing = false;
  reader.join();
  merger.join();
  check_whole(*index.snapshot());
  model::Query last = everything();
  last.text = "r" + std::to_string(kRounds);
  last.mode = model::SearchMode::kBm25;
  EXPECT_EQ(index.snapshot()->search(last, {}, {}).size(), kArticles * kChunks);
}

TEST(IndexThreads, WhatIsRemovedDuringAMergeStaysRemovedAndUncounted) {
  for (std::size_t round = 0; round < 30; ++round) {
    Index index(options(), testing::split_words);
    testing::NaiveIndex naive(options());
    for (std::size_t article = 0; article < kArticles; ++article) {
      index.replace(key(article), revision(key(article), article % 3));
      if (article % 2 == 1) naive.replace(key(article), revision(key(article), article % 3));
    }
    std::thread merger([&] {
      while (index.merge_step()) {
      }
    });
    for (std::size_t article = 0; article < kArticles; article += 2) index.remove(key(article).id);
    merger.join();
    model::Query query = everything();
    query.text = "all r1 r2 r2";
    query.mode = model::SearchMode::kBm25;
    const auto found = index.snapshot()->search(query, {}, {});
    const auto expected = naive.search(query, {}, {});
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t at = 0; at < found.size(); ++at) {
      EXPECT_EQ(found[at].chunk->metadata.article, expected[at].article);
      EXPECT_NEAR(found[at].score, expected[at].score, 1e-5);
    }
  }
}

}  // namespace
}  // namespace wellspring::index
