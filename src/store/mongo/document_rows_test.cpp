#include "store/mongo/document_rows.hpp"

#include <gtest/gtest.h>

#include "base/result.hpp"
#include "store/store_contract.hpp"

namespace wellspring::store::mongo {
namespace {

Oid oid(char digit) {
  return {std::string(24, digit)};
}

LiveRevision live(const std::string& locale, char digit, std::optional<Timestamp> updated_at = at(1)) {
  LiveRevision revision;
  revision.locale = locale;
  revision.revision = oid(digit);
  revision.updated_at = updated_at;
  revision.chunk_count = 2;
  revision.stored_at = at(3);
  return revision;
}

DocumentRow published(const std::string& locale, char digit) {
  DocumentRow row;
  row.id = ArticleId("a");
  stage(row, oid(digit));
  flip(row, live(locale, digit), 1);
  return row;
}

TEST(DocumentRow, SurvivesTheWayThroughBson) {
  DocumentRow row = published("en", 'a');
  row.version = 7;
  stage(row, oid('b'));
  remove(row, at(9), at(10), 4);
  LiveRevision adopted = live("fr", 'c', std::nullopt);
  adopted.rows = array(oid('d'), "text id", std::int64_t{5});
  adopted.unserved = array(oid('e'));
  row.live.push_back(adopted);
  EXPECT_EQ(read_document(*to_bson(row)), row);
}

TEST(DocumentRow, BrokenRowsAreNamed) {
  for (const Doc& broken : {doc("_id", "a"), doc("_id", 5, "version", 1, "change", 1),
                            doc("_id", "a", "version", 1, "change", 1, "live", array(doc("locale", 1)))}) {
    try {
      read_document(*broken);
      ADD_FAILURE() << "was read";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().kind, ErrorKind::kCorrupt);
      EXPECT_NE(failure.error().message.find("document row"), std::string::npos);
    }
  }
}

TEST(DocumentRow, AFlipReplacesItsLocaleOnly) {
  DocumentRow row = published("fr", 'f');
  stage(row, oid('a'));
  flip(row, live("en", 'a'), 2);
  stage(row, oid('b'));
  flip(row, live("en", 'b', std::nullopt), 3);
  ASSERT_EQ(row.live.size(), 2U);
  EXPECT_EQ(row.live[0].locale, "en");
  EXPECT_EQ(row.live[0].revision, oid('b'));
  EXPECT_EQ(row.live[0].updated_at, at(1)) << "an undated one keeps the time";
  EXPECT_EQ(row.live[1].revision, oid('f'));
  ASSERT_EQ(row.leftovers.size(), 1U);
  EXPECT_EQ(row.leftovers[0].revision, oid('a'));
  EXPECT_FALSE(row.leftovers[0].staged);
  EXPECT_EQ(row.change, 3);
}

TEST(DocumentRow, WhatWasClearedAwayCannotBecomeLive) {
  DocumentRow row = published("en", 'a');
  stage(row, oid('b'));
  EXPECT_TRUE(end_staging(row));
  EXPECT_FALSE(end_staging(row));
  EXPECT_THROW(flip(row, live("en", 'b'), 2), Failure);
  EXPECT_EQ(row.live[0].revision, oid('a'));
}

TEST(DocumentRow, OnlyWhatIsGoneIsForgotten) {
  DocumentRow row = published("en", 'a');
  stage(row, oid('b'));
  end_staging(row);
  const std::vector<Leftover> gone = row.leftovers;
  stage(row, oid('c'));
  EXPECT_TRUE(forget(row, gone));
  EXPECT_FALSE(forget(row, gone));
  ASSERT_EQ(row.leftovers.size(), 1U);
  EXPECT_EQ(row.leftovers[0].revision, oid('c'));
}

TEST(DocumentRow, AdoptionNeverBringsBack) {
  DocumentRow fresh;
  EXPECT_TRUE(adopt(fresh, live("en", 'a'), 1));
  EXPECT_FALSE(adopt(fresh, live("en", 'b'), 2)) << "one is live";
  fresh.version = 1;
  EXPECT_TRUE(adopt(fresh, live("fr", 'c'), 3));
  DocumentRow removed = fresh;
  ASSERT_TRUE(remove(removed, std::nullopt, at(1), 4));
  removed.version = 2;
  EXPECT_FALSE(adopt(removed, live("en", 'd'), 5));
  DocumentRow tombstone;
  ASSERT_TRUE(remove(tombstone, at(1), at(1), 1));
  EXPECT_FALSE(adopt(tombstone, live("en", 'e'), 2));
}

TEST(DocumentRow, AnAdoptedRevisionLeavesAllItsRowsBehind) {
  DocumentRow row;
  LiveRevision adopted = live("en", 'a');
  adopted.rows = array(oid('1'), oid('2'));
  adopted.unserved = array(oid('3'));
  adopt(row, adopted, 1);
  remove(row, std::nullopt, at(1), 2);
  ASSERT_EQ(row.leftovers.size(), 1U);
  EXPECT_EQ(row.leftovers[0].rows, array(oid('1'), oid('2'), oid('3')));
}

}  // namespace
}  // namespace wellspring::store::mongo
