#include "fake_mongod/matching.hpp"

#include <gtest/gtest.h>

#include "fake_mongod/updating.hpp"

namespace wellspring::testing {
namespace {

Document doc(std::string_view json) {
  return Document::from_json(json).value();
}

bool meets(std::string_view document, std::string_view filter) {
  return matches(*doc(filter), *doc(document));
}

std::string after(std::string_view document, std::string_view update, Occasion occasion = Occasion::kUpdate) {
  return updated(*doc(document), *doc(update), occasion).json();
}

std::string text(std::string_view json) {
  return doc(json).json();
}

/// The code of the CommandError that `work` must throw; 0 when it did not.
template <class Work>
int code_of(Work work) {
  try {
    work();
    return 0;
  } catch (const CommandError& error) {
    return error.code();
  }
}

TEST(MatchingTest, Equality) {
  EXPECT_TRUE(meets(R"({"a": 1})", R"({"a": 1.0})"));
  EXPECT_FALSE(meets(R"({"a": 1})", R"({"a": "1"})"));
  EXPECT_TRUE(meets(R"({"a": {"b": {"c": "x"}}})", R"({"a.b.c": "x"})"));
  EXPECT_TRUE(meets(R"({"a": {"b": 1, "c": 2}})", R"({"a": {"b": 1, "c": 2}})"));
  EXPECT_FALSE(meets(R"({"a": {"b": 1, "c": 2}})", R"({"a": {"c": 2, "b": 1}})"));
  EXPECT_TRUE(meets(R"({})", R"({"a": null})"));
  EXPECT_TRUE(meets(R"({"a": 1})", R"({})"));
}

TEST(MatchingTest, Arrays) {
  EXPECT_TRUE(meets(R"({"tags": ["x", "y"]})", R"({"tags": "y"})"));
  EXPECT_TRUE(meets(R"({"tags": ["x", "y"]})", R"({"tags": ["x", "y"]})"));
  EXPECT_TRUE(meets(R"({"rows": [{"id": 1}, {"id": 2}]})", R"({"rows.id": 2})"));
  EXPECT_TRUE(meets(R"({"rows": [{"id": 1}, {"id": 2}]})", R"({"rows.1.id": 2})"));
  EXPECT_FALSE(meets(R"({"rows": [{"id": 1}, {"id": 2}]})", R"({"rows.0.id": 2})"));
}

TEST(MatchingTest, Operators) {
  EXPECT_TRUE(meets(R"({"a": 5})", R"({"a": {"$gt": 4, "$lt": 6}})"));
  EXPECT_FALSE(meets(R"({"a": 5})", R"({"a": {"$gt": 5}})"));
  EXPECT_TRUE(meets(R"({"a": 5})", R"({"a": {"$gte": 5, "$lte": 5}})"));
  EXPECT_FALSE(meets(R"({"a": "5"})", R"({"a": {"$gt": 4}})"));
  EXPECT_TRUE(meets(R"({"a": 5})", R"({"a": {"$in": [1, 5]}})"));
  EXPECT_TRUE(meets(R"({"a": 5})", R"({"a": {"$nin": [1, 2]}})"));
  EXPECT_TRUE(meets(R"({"a": 5})", R"({"a": {"$ne": 6}})"));
  EXPECT_TRUE(meets(R"({})", R"({"a": {"$ne": 6}})"));
  EXPECT_TRUE(meets(R"({"a": null})", R"({"a": {"$exists": true}})"));
  EXPECT_TRUE(meets(R"({})", R"({"a": {"$exists": false}})"));
  EXPECT_TRUE(meets(R"({"a": 5})", R"({"a": {"$not": {"$gt": 5}}})"));
  EXPECT_TRUE(meets(R"({"a": 1, "b": 2})", R"({"$or": [{"a": 9}, {"b": 2}]})"));
  EXPECT_FALSE(meets(R"({"a": 1, "b": 2})", R"({"$and": [{"a": 1}, {"b": 3}]})"));
  EXPECT_FALSE(meets(R"({"a": 1})", R"({"$nor": [{"a": 1}]})"));
}

TEST(MatchingTest, DatesCompareAsDates) {
  EXPECT_TRUE(meets(R"({"at": {"$date": "2026-01-02T00:00:00Z"}})",
                    R"({"at": {"$gt": {"$date": "2026-01-01T00:00:00Z"}}})"));
}

TEST(MatchingTest, UnknownOperatorsAreErrors) {
  EXPECT_EQ(code_of([] { meets(R"({"a": 1})", R"({"a": {"$near": 1}})"); }), 2);
  EXPECT_EQ(code_of([] { meets(R"({"a": 1})", R"({"$where": "x"})"); }), 2);
  EXPECT_EQ(code_of([] { meets(R"({"a": 1})", R"({"a": {"$in": 1}})"); }), 2);
}

TEST(MatchingTest, SortsBySeveralKeys) {
  const Document order = doc(R"({"a": 1, "b.c": -1})");
  const auto before = [&](std::string_view left, std::string_view right) {
    return sorts_before(*order, *doc(left), *doc(right));
  };
  EXPECT_TRUE(before(R"({"a": 1})", R"({"a": 2})"));
  EXPECT_TRUE(before(R"({"a": 1, "b": {"c": 2}})", R"({"a": 1, "b": {"c": 1}})"));
  EXPECT_TRUE(before(R"({})", R"({"a": 1})"));
  EXPECT_FALSE(before(R"({"a": 1})", R"({"a": 1})"));
}

TEST(MatchingTest, Projects) {
  const Document document = doc(R"({"_id": 1, "a": {"b": 2, "c": 3}, "d": 4})");
  const auto kept = [&](std::string_view projection) { return project(*doc(projection), *document).json(); };
  EXPECT_EQ(kept(R"({"d": 1})"), text(R"({"_id": 1, "d": 4})"));
  EXPECT_EQ(kept(R"({"a.b": 1, "_id": 0})"), text(R"({"a": {"b": 2}})"));
  EXPECT_EQ(kept(R"({"a.b": 0})"), text(R"({"_id": 1, "a": {"c": 3}, "d": 4})"));
  EXPECT_EQ(kept(R"({"_id": 1})"), text(R"({"_id": 1})"));
  EXPECT_EQ(kept(R"({"_id": 0})"), text(R"({"a": {"b": 2, "c": 3}, "d": 4})"));
}

TEST(MatchingTest, UpsertStartsFromEqualities) {
  EXPECT_EQ(
      equality_fields(*doc(R"({"a.b": 1, "c": {"$gt": 2}, "d": {"$eq": 3}, "$and": [{"e": 4}]})")).json(),
      text(R"({"a": {"b": 1}, "d": 3, "e": 4})"));
}

TEST(UpdatingTest, Operators) {
  EXPECT_EQ(after(R"({"_id": 1, "a": 1})", R"({"$set": {"a": 2, "b.c": 3}})"),
            text(R"({"_id": 1, "a": 2, "b": {"c": 3}})"));
  EXPECT_EQ(after(R"({"a": {"b": 1, "c": 2}})", R"({"$unset": {"a.b": "", "x.y": ""}})"),
            text(R"({"a": {"c": 2}})"));
  EXPECT_EQ(after(R"({"n": 1})", R"({"$inc": {"n": 2, "m": 5}})"), text(R"({"n": 3, "m": 5})"));
  EXPECT_EQ(after(R"({"n": 2147483647})", R"({"$inc": {"n": 1}})"), text(R"({"n": 2147483648})"));
  EXPECT_EQ(after(R"({"n": 5})", R"({"$max": {"n": 7}, "$min": {"m": 1}})"), text(R"({"n": 7, "m": 1})"));
  EXPECT_EQ(after(R"({"a": ["x"]})", R"({"$push": {"a": "y", "b": 1}})"),
            text(R"({"a": ["x", "y"], "b": [1]})"));
  EXPECT_EQ(after(R"({"a": ["x", "y"]})", R"({"$set": {"a.1": "z"}})"), text(R"({"a": ["x", "z"]})"));
}

TEST(UpdatingTest, SetOnInsertWaitsForAnInsert) {
  const std::string_view update = R"({"$set": {"a": 1}, "$setOnInsert": {"b": 2}})";
  EXPECT_EQ(after("{}", update), text(R"({"a": 1})"));
  EXPECT_EQ(after("{}", update, Occasion::kUpsertInsert), text(R"({"a": 1, "b": 2})"));
}

TEST(UpdatingTest, ReplacementKeepsTheId) {
  EXPECT_EQ(after(R"({"_id": 1, "a": 1})", R"({"b": 2})"), text(R"({"_id": 1, "b": 2})"));
}

TEST(UpdatingTest, WrongUpdatesAreErrors) {
  EXPECT_EQ(code_of([] { after(R"({"_id": 1})", R"({"$set": {"_id": 2}})"); }), 66);
  EXPECT_EQ(code_of([] { after(R"({"_id": 1})", R"({"_id": 2, "a": 1})"); }), 66);
  EXPECT_EQ(code_of([] { after("{}", R"({"$rename": {"a": "b"}})"); }), 9);
  EXPECT_EQ(code_of([] { after(R"({"a": 1})", R"({"$set": {"a.b": 1}})"); }), 28);
  EXPECT_EQ(code_of([] { after(R"({"a": "x"})", R"({"$inc": {"a": 1}})"); }), 14);
}

}  // namespace
}  // namespace wellspring::testing
