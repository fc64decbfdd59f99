#include "model/source.hpp"

#include <gtest/gtest.h>

#include <set>

#include "model/object_id.hpp"

namespace wellspring::model {
namespace {

using namespace std::chrono_literals;

const Timestamp kNow{std::chrono::hours{24 * 365 * 55}};

Source a_source() {
  return created({.name = "Manual", .type = "web", .uri = "https://a.example", .last_ingested_at = {}},
                 SourceId("5f0000000000000000000001"), kNow);
}

TEST(Source, StartsAsIngestingWithBothTimesSet) {
  const Source source = a_source();
  EXPECT_EQ(source.status, "ingesting");
  EXPECT_EQ(source.created_at, kNow);
  EXPECT_EQ(source.updated_at, kNow);
}

TEST(Source, ChangesOnlyWhatIsNamed) {
  const Source after = changed(
      a_source(), {.name = "Guide", .type = {}, .uri = {}, .status = "active", .last_ingested_at = {}},
      kNow + 5s);
  EXPECT_EQ(after.name, "Guide");
  EXPECT_EQ(after.type, "web");
  EXPECT_EQ(after.uri, "https://a.example");
  EXPECT_EQ(after.status, "active");
  EXPECT_EQ(after.created_at, kNow);
  EXPECT_EQ(after.updated_at, kNow + 5s);
}

TEST(Source, AnotherUriIsIngestedAgainWhateverStatusIsAskedFor) {
  SourceChanges move;
  move.uri = "https://b.example";
  move.status = "active";
  EXPECT_EQ(changed(a_source(), move, kNow).status, "ingesting");
  move.uri = "https://a.example";
  EXPECT_EQ(changed(a_source(), move, kNow).status, "active") << "the same URI is no move";
}

TEST(Source, UpdatedAtGrowsEvenWhenTheClockDoesNot) {
  const Source once = changed(a_source(), {}, kNow);
  EXPECT_EQ(once.updated_at, kNow + 1ms);
  EXPECT_EQ(changed(once, {}, kNow - 1h).updated_at, kNow + 2ms);
}

TEST(Source, LastIngestedAtCanBeSetAndForgotten) {
  SourceChanges set;
  set.last_ingested_at = std::optional(kNow);
  const Source with = changed(a_source(), set, kNow);
  EXPECT_EQ(with.last_ingested_at, kNow);
  EXPECT_EQ(changed(with, {}, kNow).last_ingested_at, kNow);
  SourceChanges forget;
  forget.last_ingested_at.emplace(std::nullopt);
  EXPECT_FALSE(changed(with, forget, kNow).last_ingested_at.has_value());
}

TEST(ObjectId, IsUniqueOrderedBySecondsAndReadable) {
  ObjectIdGenerator ids;
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(ids.next(kNow));
  EXPECT_EQ(seen.size(), 1'000U);
  EXPECT_LT(*seen.rbegin(), ids.next(kNow + 1s));
  for (const std::string& id : seen) EXPECT_EQ(parse_object_id(id), id);
}

TEST(ObjectId, ReadsUpperCaseAndRefusesEverythingElse) {
  EXPECT_EQ(parse_object_id("5F00000000000000000000aB"), "5f00000000000000000000ab");
  for (const char* bad : {"", "5f", "5f00000000000000000000ag", "5f00000000000000000000ab0",
                          "5f0000000000000000000 ab", "5f00000000000000000000a\xc3"}) {
    EXPECT_FALSE(parse_object_id(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace wellspring::model
