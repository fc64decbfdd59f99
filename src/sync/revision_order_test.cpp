#include "sync/revision_order.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace wellspring::sync {
namespace {

using store::StoredRevision;
using Time = std::optional<Timestamp>;

Timestamp at(int seconds) {
  return Timestamp{std::chrono::seconds{seconds}};
}
const Time kUndated;

StoredRevision live(Time updated_at, const std::string& hash = "A", const std::string& locale = "en") {
  StoredRevision revision;
  revision.key = {ArticleId("a"), locale};
  revision.live = true;
  revision.updated_at = updated_at;
  revision.content_hash = hash;
  return revision;
}

StoredRevision tombstone(Timestamp updated_at) {
  StoredRevision revision;
  revision.key = {ArticleId("a"), ""};
  revision.updated_at = updated_at;
  return revision;
}

struct PublishCase {
  const char* name;
  std::vector<StoredRevision> stored;
  Time updated_at;
  const char* hash;
  Verdict expected;
};

class PublishOrder : public testing::TestWithParam<PublishCase> {};

TEST_P(PublishOrder, FollowsTheTable) {
  const PublishCase& row = GetParam();
  EXPECT_EQ(decide_publish(row.stored, "en", row.updated_at, row.hash), row.expected) << row.name;
}

INSTANTIATE_TEST_SUITE_P(
    D15, PublishOrder,
    testing::Values(
        PublishCase{"unknown, dated", {}, at(5), "A", Verdict::kApply},
        PublishCase{"unknown, undated", {}, kUndated, "A", Verdict::kApply},
        PublishCase{"older, same content", {live(at(5))}, at(4), "A", Verdict::kOutdated},
        PublishCase{"older, other content", {live(at(5))}, at(4), "B", Verdict::kOutdated},
        PublishCase{"equal, same content", {live(at(5))}, at(5), "A", Verdict::kUnchanged},
        PublishCase{"equal, other content", {live(at(5))}, at(5), "B", Verdict::kApply},
        PublishCase{"newer, same content", {live(at(5))}, at(6), "A", Verdict::kApply},
        PublishCase{"newer, other content", {live(at(5))}, at(6), "B", Verdict::kApply},
        PublishCase{"undated on dated, same content", {live(at(5))}, kUndated, "A", Verdict::kUnchanged},
        PublishCase{"undated on dated, other content", {live(at(5))}, kUndated, "B", Verdict::kApply},
        PublishCase{"dated on undated, same content", {live(kUndated)}, at(5), "A", Verdict::kApply},
        PublishCase{"dated on undated, other content", {live(kUndated)}, at(5), "B", Verdict::kApply},
        PublishCase{"undated on undated, same content", {live(kUndated)}, kUndated, "A", Verdict::kUnchanged},
        PublishCase{"undated on undated, other content", {live(kUndated)}, kUndated, "B", Verdict::kApply},
        PublishCase{"another locale is no obstacle", {live(at(9), "A", "fr")}, at(5), "A", Verdict::kApply},
        PublishCase{"older than the tombstone", {tombstone(at(5))}, at(4), "A", Verdict::kOutdated},
        PublishCase{"equal to the tombstone", {tombstone(at(5))}, at(5), "A", Verdict::kOutdated},
        PublishCase{"newer than the tombstone", {tombstone(at(5))}, at(6), "A", Verdict::kApply},
        PublishCase{"undated after the tombstone", {tombstone(at(5))}, kUndated, "A", Verdict::kApply},
        PublishCase{
            "came back, then an old one", {live(at(9)), tombstone(at(5))}, at(5), "B", Verdict::kOutdated},
        PublishCase{"came back undated, then an old one",
                    {live(kUndated), tombstone(at(5))},
                    at(4),
                    "B",
                    Verdict::kOutdated},
        PublishCase{"came back elsewhere",
                    {live(at(9), "A", "fr"), tombstone(at(5))},
                    at(5),
                    "A",
                    Verdict::kOutdated},
        PublishCase{
            "came back, then a newer one", {live(at(9)), tombstone(at(5))}, at(10), "B", Verdict::kApply}));

struct RemovalCase {
  const char* name;
  std::vector<StoredRevision> stored;
  Time updated_at;
  Time greatest;
  Verdict expected;
  Time tombstone;
};

Time just_before(int seconds) {
  return at(seconds) - std::chrono::milliseconds{1};
}

class UnpublishOrder : public testing::TestWithParam<RemovalCase> {};

TEST_P(UnpublishOrder, FollowsTheTable) {
  const RemovalCase& row = GetParam();
  const RemovalDecision decided = decide_unpublish(row.stored, row.updated_at);
  EXPECT_EQ(decided.verdict, row.expected) << row.name;
  if (row.expected == Verdict::kApply) {
    EXPECT_EQ(decided.tombstone, row.tombstone) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    D15, UnpublishOrder,
    testing::Values(
        RemovalCase{"older is ignored", {live(at(5))}, at(4), {}, Verdict::kOutdated, {}},
        RemovalCase{"older than another locale",
                    {live(at(3)), live(at(5), "A", "fr")},
                    at(4),
                    {},
                    Verdict::kOutdated,
                    {}},
        RemovalCase{"equal applies", {live(at(5))}, at(5), {}, Verdict::kApply, just_before(5)},
        RemovalCase{"newer applies", {live(at(5))}, at(6), {}, Verdict::kApply, just_before(6)},
        RemovalCase{"undated applies", {live(at(5))}, kUndated, {}, Verdict::kApply, at(5)},
        RemovalCase{"undated on undated", {live(kUndated)}, kUndated, {}, Verdict::kApply, {}},
        RemovalCase{"dated on undated", {live(kUndated)}, at(5), {}, Verdict::kApply, just_before(5)},
        RemovalCase{"a draft never seen is remembered", {}, at(5), {}, Verdict::kApply, just_before(5)},
        RemovalCase{"undated and unknown", {}, kUndated, {}, Verdict::kUnchanged, {}},
        RemovalCase{"raises the tombstone", {tombstone(at(5))}, at(7), {}, Verdict::kApply, just_before(7)},
        RemovalCase{"does not lower the tombstone", {tombstone(at(5))}, at(4), {}, Verdict::kUnchanged, {}},
        RemovalCase{"undated on a tombstone", {tombstone(at(5))}, kUndated, {}, Verdict::kUnchanged, {}}));

class DeleteOrder : public testing::TestWithParam<RemovalCase> {};

TEST_P(DeleteOrder, FollowsTheTable) {
  const RemovalCase& row = GetParam();
  const RemovalDecision decided = decide_delete(row.stored, row.updated_at, row.greatest);
  EXPECT_EQ(decided.verdict, row.expected) << row.name;
  EXPECT_EQ(decided.tombstone, row.tombstone) << row.name;
}

INSTANTIATE_TEST_SUITE_P(
    D15, DeleteOrder,
    testing::Values(
        RemovalCase{"older applies", {live(at(5))}, at(4), at(5), Verdict::kApply, at(5)},
        RemovalCase{"equal applies", {live(at(5))}, at(5), at(5), Verdict::kApply, at(5)},
        RemovalCase{"newer applies", {live(at(5))}, at(6), at(6), Verdict::kApply, at(6)},
        RemovalCase{"a queued job counts", {live(at(5))}, at(5), at(9), Verdict::kApply, at(9)},
        RemovalCase{"id only, known", {live(at(5))}, kUndated, at(5), Verdict::kApply, at(5)},
        RemovalCase{"id only, journal forgot", {live(at(5))}, kUndated, {}, Verdict::kApply, at(5)},
        RemovalCase{"id only, undated import", {live(kUndated)}, kUndated, {}, Verdict::kApply, {}},
        RemovalCase{"id only, unknown", {}, kUndated, {}, Verdict::kUnchanged, {}},
        RemovalCase{"id only, publish queued", {}, kUndated, at(5), Verdict::kApply, at(5)},
        RemovalCase{"dated, unknown", {}, at(5), at(5), Verdict::kApply, at(5)},
        RemovalCase{"again", {tombstone(at(5))}, at(5), at(5), Verdict::kUnchanged, at(5)},
        RemovalCase{"the greatest locale counts",
                    {live(at(5)), live(at(8), "A", "fr")},
                    at(5),
                    {},
                    Verdict::kApply,
                    at(8)}));

TEST(RevisionOrder, OfTwoEqualSavesTheLaterArrivalWinsInBothDirections) {
  const RemovalDecision unpublished = decide_unpublish(std::vector{live(at(5))}, at(5));
  EXPECT_EQ(decide_publish(std::vector{tombstone(*unpublished.tombstone)}, "en", at(5), "A"),
            Verdict::kApply);
}

}  // namespace
}  // namespace wellspring::sync
