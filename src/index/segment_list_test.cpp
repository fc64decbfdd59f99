#include "index/segment_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "index/merge.hpp"
#include "index/naive_index.hpp"

namespace wellspring::index {
namespace {

model::ArticleKey key(std::size_t article) {
  return {ArticleId(std::to_string(article)), "en"};
}

/// Eight articles in eight segments: just enough for a merge.
class SegmentListTest : public ::testing::Test {
 protected:
  SegmentListTest() {
    for (std::size_t article = 0; article < 8; ++article) put(article, "all old");
  }

  void put(std::size_t article, const std::string& text) {
    std::vector<model::EmbeddedChunk> chunks{testing::make_chunk(key(article), 0, text),
                                             testing::make_chunk(key(article), 1, text)};
    ArticleChunks revision(key(article), std::move(chunks));
    list_.replace(key(article), build_segment(std::span(&revision, 1), 1, analyze_));
  }

  std::size_t live_chunks() const { return corpus().chunks(); }
  std::size_t live_articles() const { return corpus().articles(); }
  Corpus corpus() const { return Corpus({list_.views().begin(), list_.views().end()}); }

  std::size_t chunks_with(const std::string& term) const {
    std::size_t count = 0;
    for (const SegmentView& view : list_.views()) {
      const TermId id = view.segment->postings.terms().find(term);
      if (id != kNoTerm) count += view.chunks_with(id);
    }
    return count;
  }

  const Analyze analyze_ = testing::split_words;
  SegmentList list_{analyze_};
};

TEST_F(SegmentListTest, AMergeWithoutChangesMeanwhileLeavesOneSegment) {
  const auto inputs = list_.choose_merge();
  ASSERT_EQ(inputs.size(), 8U);
  list_.commit_merge(inputs, merge_segments(inputs));
  EXPECT_EQ(list_.views().size(), 1U);
  EXPECT_EQ(live_chunks(), 16U);
  EXPECT_EQ(chunks_with("old"), 16U);
  EXPECT_TRUE(list_.choose_merge().empty());
}

TEST_F(SegmentListTest, WhatIsRemovedDuringAMergeStaysRemoved) {
  const auto inputs = list_.choose_merge();
  const auto merged = merge_segments(inputs);
  list_.remove(ArticleId("3"));
  put(5, "all new");
  list_.commit_merge(inputs, merged);
  EXPECT_EQ(live_articles(), 7U);
  EXPECT_EQ(live_chunks(), 14U);
  EXPECT_EQ(chunks_with("old"), 12U);
  EXPECT_EQ(chunks_with("new"), 2U);
  EXPECT_EQ(chunks_with("all"), 14U);
}

TEST_F(SegmentListTest, AnArticleThatWasDeadBeforeTheMergeIsNotBuriedTwice) {
  auto inputs = list_.choose_merge();
  list_.commit_merge(inputs, merge_segments(inputs));
  list_.remove(ArticleId("0"));
  list_.remove(ArticleId("1"));
  inputs = list_.choose_merge();
  ASSERT_EQ(inputs.size(), 1U);
  const auto merged = merge_segments(inputs);
  list_.remove(ArticleId("2"));
  list_.commit_merge(inputs, merged);
  EXPECT_EQ(live_articles(), 5U);
  EXPECT_EQ(chunks_with("old"), 10U);
}

TEST_F(SegmentListTest, AMergeOfWhatIsGoneAddsNothing) {
  const auto inputs = list_.choose_merge();
  const auto merged = merge_segments(inputs);
  list_.reset({});
  list_.commit_merge(inputs, merged);
  EXPECT_TRUE(list_.views().empty());
}

TEST_F(SegmentListTest, SegmentsWithoutAnythingLiveAreDropped) {
  for (std::size_t article = 0; article < 8; ++article) list_.remove(key(article).id);
  EXPECT_TRUE(list_.views().empty());
  list_.remove(ArticleId("0"));
  EXPECT_TRUE(list_.views().empty());
}

TEST_F(SegmentListTest, OldViewsAreUntouchedByLaterRemovals) {
  const std::vector<SegmentView> before(list_.views().begin(), list_.views().end());
  list_.remove(ArticleId("3"));
  EXPECT_EQ(Corpus(before).chunks(), 16U);
}

}  // namespace
}  // namespace wellspring::index
