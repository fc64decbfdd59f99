#include "sync/sweep_diff.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace wellspring::sync {
namespace {

using std::chrono::milliseconds;

const Timestamp kBegan = parse_timestamp("2026-01-01T00:00:00Z").value();
const CmsLocale kPrimary{.name = "en"};
const CmsLocale kFrench{.name = "fr", .named = true, .primary = false};

Timestamp at(int n) {
  return parse_timestamp("2025-01-01T00:00:00Z").value() + milliseconds{n};
}

store::StoredRevision held(const std::string& id, int updated_at, const std::string& locale = "en",
                           Timestamp stored_at = kBegan - milliseconds{1}) {
  return {.key = {ArticleId(id), locale},
          .live = true,
          .updated_at = at(updated_at),
          .content_hash = "h",
          .title = "t",
          .source = "payload",
          .chunk_count = 1,
          .stored_at = stored_at};
}

CmsEntry published(const std::string& id, int updated_at, bool titled = true) {
  return {ArticleId(id), CmsStatus::kPublished, at(updated_at), titled};
}
CmsEntry draft(const std::string& id, int updated_at) {
  return {ArticleId(id), CmsStatus::kDraft, at(updated_at), true};
}

std::string text(const std::vector<Difference>& differences) {
  std::string all;
  for (const Difference& one : differences) {
    all += std::string(name(one.kind)) + ":" + one.id.value() + (one.locale.empty() ? "" : "." + one.locale) +
           " ";
  }
  return all;
}

class SweepDiffTest : public testing::Test {
 protected:
  std::string see(const std::vector<CmsEntry>& entries, const CmsLocale& locale = kPrimary) {
    return text(diff_.see(locale, entries).value());
  }
  SweepDiff diff_{kBegan, 1'000};
};

TEST_F(SweepDiffTest, NamesWhatDiffers) {
  for (const auto& revision : {held("same", 5), held("stale", 4), held("newer", 6), held("drafted", 5),
                               held("older-draft", 5), held("gone", 5), held("fresh", 5, "en", kBegan)})
    ASSERT_TRUE(diff_.hold(revision).has_value());
  diff_.begin_listing();
  EXPECT_EQ(see({published("same", 5), published("stale", 5), published("newer", 5), published("missing", 1),
                 draft("drafted", 5), draft("older-draft", 4), draft("unknown-draft", 1)}),
            "stale:stale.en missing:missing.en ");
  const Removals removals = diff_.removals(7, {});
  EXPECT_EQ(text(removals.list), "unpublished:drafted deleted:gone ");
  EXPECT_EQ(removals.held_back, "");
  EXPECT_EQ(diff_.listed(), 7u);
  EXPECT_EQ(diff_.held(), 7u);
}

TEST_F(SweepDiffTest, TranslationsCountWhereTheyExist) {
  ASSERT_TRUE(diff_.hold(held("a", 5)).has_value());
  ASSERT_TRUE(diff_.hold(held("b", 5)).has_value());
  ASSERT_TRUE(diff_.hold(held("b", 5, "fr")).has_value());
  diff_.begin_listing();
  EXPECT_EQ(see({published("a", 5), published("b", 6)}), "stale:b.en ");
  diff_.begin_listing();
  EXPECT_EQ(see({published("a", 5, false), published("b", 6)}, kFrench), "stale:b.fr ");
  EXPECT_EQ(see({published("c", 6)}, kFrench), "missing:c.fr ");
  EXPECT_TRUE(diff_.removals(2, {}).list.empty());
}

TEST_F(SweepDiffTest, WhatComesTwiceCountsOnceAndTheLaterStateHolds) {
  ASSERT_TRUE(diff_.hold(held("a", 5)).has_value());
  ASSERT_TRUE(diff_.hold(held("b", 5)).has_value());
  diff_.begin_listing();
  EXPECT_EQ(see({published("a", 5), draft("b", 6), published("m", 1)}), "missing:m.en ");
  EXPECT_EQ(see({published("m", 1), draft("a", 7), published("b", 8), published("n", 1)}), "missing:n.en ");
  EXPECT_EQ(diff_.listed(), 4u);
  EXPECT_EQ(text(diff_.removals(4, {}).list), "unpublished:a ");
}

TEST_F(SweepDiffTest, AListThatRepeatsItselfIsAnError) {
  diff_.begin_listing();
  see({published("a", 1), published("b", 1)});
  const auto again = diff_.see(kPrimary, std::vector{published("b", 1), published("a", 1)});
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().kind, ErrorKind::kUpstream);
  EXPECT_TRUE(diff_.see(kPrimary, {}).has_value())
      << "an empty page brings nothing either, and ends the list";
}

TEST_F(SweepDiffTest, WhatCannotBeUnderstoodIsLeftAsItIs) {
  ASSERT_TRUE(diff_.hold(held("a", 5)).has_value());
  diff_.begin_listing();
  EXPECT_EQ(see({{ArticleId("a"), CmsStatus::kUnreadable, std::nullopt, true},
                 {ArticleId("b"), CmsStatus::kUnreadable, at(9), true}}),
            "");
  EXPECT_EQ(diff_.unreadable(), 2u);
  EXPECT_TRUE(diff_.removals(2, {}).list.empty());
}

TEST_F(SweepDiffTest, MemoryIsBounded) {
  SweepDiff small(kBegan, 2);
  ASSERT_TRUE(small.hold(held("a", 1)).has_value());
  small.begin_listing();
  ASSERT_TRUE(small.see(kPrimary, std::vector{published("a", 1), published("b", 1)}).has_value());
  EXPECT_EQ(small.see(kPrimary, std::vector{published("c", 1)}).error().kind, ErrorKind::kTooLarge);
  SweepDiff full(kBegan, 0);
  EXPECT_EQ(full.hold(held("a", 1)).error().kind, ErrorKind::kTooLarge);
}

/// `count` articles held, of which the CMS lists all but the first `gone`.
Removals removals_of(int count, int gone, std::optional<std::size_t> total, const RemovalRule& rule = {}) {
  SweepDiff diff(kBegan, 1'000);
  std::vector<CmsEntry> entries;
  for (int i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    EXPECT_TRUE(diff.hold(held(id, 1)).has_value());
    if (i >= gone) entries.push_back(published(id, 1));
  }
  diff.begin_listing();
  EXPECT_TRUE(diff.see(kPrimary, entries).has_value());
  return diff.removals(total, rule);
}

TEST(RemovalRule, SomeAreBelievedManyWaitForAPerson) {
  EXPECT_EQ(removals_of(100, 25, 75).held_back, "");
  EXPECT_NE(removals_of(100, 26, 74).held_back, "");
  EXPECT_EQ(removals_of(100, 26, 74).list.size(), 26u);
  EXPECT_EQ(removals_of(11, 10, 1).held_back, "") << "few are always believed";
  EXPECT_EQ(removals_of(100, 26, 74, {.remove_many = true}).held_back, "");
  EXPECT_EQ(removals_of(100, 26, std::nullopt, {.share_max = 0.5}).held_back, "");
}

TEST(RemovalRule, AnEmptyListIsNeverBelievedByItself) {
  EXPECT_NE(removals_of(1, 1, 0).held_back, "");
  EXPECT_NE(removals_of(1, 1, std::nullopt).held_back, "");
  EXPECT_EQ(removals_of(1, 1, 0, {.remove_many = true}).held_back, "");
  EXPECT_EQ(removals_of(0, 0, 0).held_back, "") << "nothing here, nothing there";
}

TEST(RemovalRule, AShortListIsNotBelievedEvenWhenAsked) {
  EXPECT_NE(removals_of(100, 1, 100).held_back, "");
  EXPECT_NE(removals_of(100, 1, 100, {.remove_many = true}).held_back, "");
}

/// A CMS and a store at random, and what the store is after the differences were healed.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    for (int i = 0; i < 200; ++i) {
      const std::string id = std::to_string(i);
      if (chance(80)) {
        cms_[id] = {chance(75), pick(10), chance(50)};
      }
      for (const char* locale : {"en", "fr"}) {
        if (chance(60)) store_[id][locale] = pick(10);
      }
    }
  }

  void sweep() {
    SweepDiff diff(kBegan, 1'000);
    for (const auto& [id, locales] : store_) {
      for (const auto& [locale, updated_at] : locales)
        ASSERT_TRUE(diff.hold(held(id, updated_at, locale)).has_value());
    }
    std::vector<Difference> all;
    for (const CmsLocale& locale : {kPrimary, kFrench}) list(diff, locale, all);
    publishes_ = all.size();
    for (const Difference& one : all) {
      ASSERT_TRUE(cms_.contains(one.id.value()) && cms_[one.id.value()].published);
      store_[one.id.value()][one.locale] = cms_[one.id.value()].updated_at;
    }
    const Removals removals = diff.removals(cms_.size(), {.remove_many = true});
    ASSERT_EQ(removals.held_back, "");
    removals_ = removals.list.size();
    for (const Difference& one : removals.list) store_.erase(one.id.value());
  }

  void check() {
    for (const auto& [id, doc] : cms_) {
      if (!doc.published) continue;
      ASSERT_TRUE(store_[id].contains("en")) << id;
      EXPECT_GE(store_[id]["en"], doc.updated_at) << id;
      if (doc.french) {
        ASSERT_TRUE(store_[id].contains("fr")) << id;
        EXPECT_GE(store_[id]["fr"], doc.updated_at) << id;
      }
    }
    for (const auto& [id, locales] : store_) {
      if (locales.empty()) continue;
      ASSERT_TRUE(cms_.contains(id)) << id << " is not in the CMS and still served";
      if (cms_[id].published) continue;
      int newest = 0;
      for (const auto& [locale, updated_at] : locales) newest = std::max(newest, updated_at);
      EXPECT_GT(newest, cms_[id].updated_at) << id << " is a draft and still served";
    }
  }
  std::size_t publishes() const { return publishes_; }
  std::size_t removals() const { return removals_; }

 private:
  struct Doc {
    bool published = false;
    int updated_at = 0;
    bool french = false;
  };
  bool chance(int percent) { return pick(100) < percent; }
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void list(SweepDiff& diff, const CmsLocale& locale, std::vector<Difference>& all) {
    diff.begin_listing();
    std::vector<CmsEntry> page;
    const auto hand_over = [&] {
      const auto found = diff.see(locale, page);
      ASSERT_TRUE(found.has_value());
      all.insert(all.end(), found->begin(), found->end());
      page.clear();
    };
    for (const auto& [id, doc] : cms_) {
      page.push_back(doc.published ? published(id, doc.updated_at, locale.primary || doc.french)
                                   : draft(id, doc.updated_at));
      if (chance(10)) hand_over();
    }
    hand_over();
  }

  std::minstd_rand random_;
  std::map<std::string, Doc> cms_;
  std::map<std::string, std::map<std::string, int>> store_;
  std::size_t publishes_ = 0;
  std::size_t removals_ = 0;
};

TEST(SweepDiffModel, OneSweepHealsAnyWorldAndASecondFindsNothing) {
  std::size_t healed = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    world.sweep();
    world.check();
    healed += world.publishes() + world.removals();
    if (HasFatalFailure()) return;
    world.sweep();
    EXPECT_EQ(world.publishes(), 0u);
    EXPECT_EQ(world.removals(), 0u);
  }
  EXPECT_GT(healed, 10'000u) << "the worlds are too much alike";
}

TEST(SweepDiffModel, WhatIsListedAsPublishedIsNeverRemovedHoweverPagesShift) {
  std::minstd_rand random(11);  // NOLINT: the same numbers each run
  for (int round = 0; round < 200; ++round) {
    SweepDiff diff(kBegan, 1'000);
    std::set<std::string> listed;
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(diff.hold(held(std::to_string(i), 5)).has_value());
    diff.begin_listing();
    for (int page = 0; page < 8; ++page) {
      std::vector<CmsEntry> entries{published("new-" + std::to_string(page), 1)};
      for (int k = 0; k < 8; ++k) {
        const std::string id = std::to_string(random() % 50);
        entries.push_back(published(id, 5));
        listed.insert(id);
      }
      ASSERT_TRUE(diff.see(kPrimary, entries).has_value());
    }
    const Removals removals = diff.removals(std::nullopt, {.remove_many = true});
    EXPECT_EQ(removals.list.size(), 50 - listed.size());
    for (const Difference& one : removals.list) EXPECT_FALSE(listed.contains(one.id.value()));
  }
}

}  // namespace
}  // namespace wellspring::sync
