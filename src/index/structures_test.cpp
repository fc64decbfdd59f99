#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "index/bitmap.hpp"
#include "index/merge.hpp"
#include "index/postings.hpp"
#include "index/term_dictionary.hpp"
#include "index/top_k.hpp"

namespace wellspring::index {
namespace {

using Strings = std::vector<std::string>;

TEST(BitmapTest, RunsCoverExactlyTheSetFlags) {
  std::mt19937 random(7);
  for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 128U, 200U}) {
    for (const unsigned set_in_ten : {0U, 1U, 5U, 9U, 10U}) {
      Bitmap bitmap(size);
      std::vector<bool> expected(size);
      for (std::size_t at = 0; at < size; ++at) {
        if (random() % 10 < set_in_ten) bitmap.set(at), expected[at] = true;
      }
      std::vector<bool> covered(size);
      std::size_t last_end = 0;
      bitmap.for_each_run([&](std::size_t first, std::size_t count) {
        EXPECT_TRUE(last_end == 0 || first > last_end) << "runs must not touch";
        ASSERT_LE(first + count, size);
        for (std::size_t at = first; at < first + count; ++at) covered[at] = true;
        last_end = first + count;
      });
      EXPECT_EQ(covered, expected);
    }
  }
}

TEST(TermDictionaryTest, NumbersTermsInOrderAndFindsThem) {
  TermDictionary dictionary;
  for (int round = 0; round < 2; ++round) {
    for (TermId id = 0; id < 5000; ++id) EXPECT_EQ(dictionary.add(std::to_string(id) + "t"), id);
  }
  dictionary.freeze();
  EXPECT_EQ(dictionary.size(), 5000U);
  EXPECT_EQ(dictionary.find("4999t"), 4999U);
  EXPECT_EQ(dictionary.term(17), "17t");
  EXPECT_EQ(dictionary.find("5000t"), kNoTerm);
  EXPECT_EQ(dictionary.find(""), kNoTerm);
}

TEST(TermDictionaryTest, TakesAnyBytes) {
  TermDictionary dictionary;
  const std::string zero("a\0b", 3);
  EXPECT_EQ(dictionary.add(""), 0U);
  EXPECT_EQ(dictionary.add(zero), 1U);
  EXPECT_EQ(dictionary.add("a"), 2U);
  EXPECT_EQ(dictionary.term(1), zero);
  EXPECT_EQ(dictionary.find(""), 0U);
}

std::map<Slot, Frequency> list_of(const Postings& postings, const std::string& term) {
  std::map<Slot, Frequency> list;
  const TermId id = postings.terms().find(term);
  if (id == kNoTerm) return list;
  const PostingList found = postings.list(id);
  for (std::size_t at = 0; at < found.slots.size(); ++at) list[found.slots[at]] = found.frequencies[at];
  return list;
}

Postings postings_of(const std::vector<Strings>& chunks) {
  PostingsBuilder builder;
  for (const Strings& chunk : chunks) builder.add(chunk);
  return std::move(builder).build();
}

TEST(PostingsTest, CountTermsPerChunk) {
  const Postings postings = postings_of({{"a", "b", "a"}, {}, {"b"}});
  EXPECT_EQ(list_of(postings, "a"), (std::map<Slot, Frequency>{{0, 2}}));
  EXPECT_EQ(list_of(postings, "b"), (std::map<Slot, Frequency>{{0, 1}, {2, 1}}));
  EXPECT_EQ(std::vector(postings.lengths().begin(), postings.lengths().end()),
            (std::vector<std::uint32_t>{3, 0, 1}));
}

TEST(PostingsTest, FrequenciesStopAtTheLargestValue) {
  const Postings postings = postings_of({Strings(70'000, "a")});
  EXPECT_EQ(list_of(postings, "a").at(0), std::numeric_limits<Frequency>::max());
  EXPECT_EQ(postings.lengths()[0], 70'000U);
}

TEST(MergePostings, MovesChunksAndForgetsDroppedOnes) {
  const Postings first = postings_of({{"a", "b", "a"}, {"gone"}});
  const Postings second = postings_of({{"b", "c"}});
  const std::vector<Slot> first_slots{1, kNoSlot};
  const std::vector<Slot> second_slots{0};
  const std::vector<PostingsSource> sources{{&first, first_slots}, {&second, second_slots}};
  const Postings merged = merge_postings(sources, 2);
  EXPECT_EQ(list_of(merged, "a"), (std::map<Slot, Frequency>{{1, 2}}));
  EXPECT_EQ(list_of(merged, "b"), (std::map<Slot, Frequency>{{0, 1}, {1, 1}}));
  EXPECT_EQ(list_of(merged, "c"), (std::map<Slot, Frequency>{{0, 1}}));
  EXPECT_EQ(merged.terms().find("gone"), kNoTerm);
  EXPECT_EQ(std::vector(merged.lengths().begin(), merged.lengths().end()),
            (std::vector<std::uint32_t>{2, 3}));
}

struct Scored {
  float score;
  int id;
  bool operator==(const Scored&) const = default;
};

struct ByScoreThenId {
  bool operator()(const Scored& a, const Scored& b) const {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  }
};

TEST(TopKTest, KeepsWhatSortingWouldKeepInAnyOrderOfArrival) {
  std::mt19937 random(3);
  for (const std::size_t k : {1U, 2U, 10U, 100U, 1000U}) {
    std::vector<Scored> items;
    for (int id = 0; id < 700; ++id) items.push_back({static_cast<float>(random() % 50), id});
    std::shuffle(items.begin(), items.end(), random);
    TopK<Scored, ByScoreThenId> top(k, {});
    for (const Scored& item : items) top.push(item);
    std::sort(items.begin(), items.end(), ByScoreThenId{});
    items.resize(std::min(k, items.size()));
    EXPECT_EQ(std::move(top).take(), items) << k;
  }
}

TEST(TopKTest, NothingFromNoneAndNoNumberIsNeverKept) {
  TopK<Scored, ByScoreThenId> none(0, {});
  none.push({1, 1});
  EXPECT_TRUE(std::move(none).take().empty());
  TopK<Scored, ByScoreThenId> some(2, {});
  some.push({std::numeric_limits<float>::quiet_NaN(), 1});
  some.push({-std::numeric_limits<float>::infinity(), 2});
  EXPECT_EQ(std::move(some).take().size(), 1U);
}

TEST(ChooseMerge, LeavesAFewSegmentsAlone) {
  EXPECT_TRUE(choose_merge({}).empty());
  const std::vector<SegmentSize> few(7, SegmentSize{1, 1});
  EXPECT_TRUE(choose_merge(few).empty());
  const std::vector<SegmentSize> spread{{1, 1}, {1000, 1000}, {10'000, 10'000}, {100'000, 100'000}};
  EXPECT_TRUE(choose_merge(spread).empty());
}

TEST(ChooseMerge, JoinsATierThatIsFullAndNotItsBigNeighbour) {
  std::vector<SegmentSize> sizes(8, SegmentSize{10, 10});
  sizes.insert(sizes.begin(), {50'000, 50'000});
  EXPECT_EQ(choose_merge(sizes), (std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(ChooseMerge, RewritesASegmentOfWhichAQuarterIsDead) {
  const std::vector<SegmentSize> sizes{{76, 100}, {75, 100}};
  EXPECT_EQ(choose_merge(sizes), (std::vector<std::size_t>{1}));
}

TEST(ChooseMerge, ComesToRestWithFewSegments) {
  std::vector<SegmentSize> sizes;
  std::size_t copied = 0;
  for (int article = 0; article < 20'000; ++article) {
    sizes.push_back({10, 10});
    for (auto chosen = choose_merge(sizes); !chosen.empty(); chosen = choose_merge(sizes)) {
      SegmentSize merged;
      for (const std::size_t at : chosen) merged.live += sizes[at].live, sizes[at].live = 0;
      merged.total = merged.live;
      copied += merged.live;
      std::erase_if(sizes, [](const SegmentSize& size) { return size.live == 0; });
      sizes.push_back(merged);
    }
    ASSERT_LE(sizes.size(), 7U * 5U);
  }
  EXPECT_LE(copied, 20'000U * 10U * 8U) << "each chunk should be copied about once per tier";
}

}  // namespace
}  // namespace wellspring::index
