#include <gtest/gtest.h>

#include "fake_mongod/store.hpp"

namespace wellspring::testing {
namespace {

/// A store that takes commands as JSON for the database "test".
class CrudTest : public ::testing::Test {
 protected:
  Document run(const std::string& json) {
    Request request;
    request.command = Document::from_json(json).value();
    request.database = "test";
    return store_.run(request.name(), request);
  }

  /// The error code of a command that must fail; 0 when it worked.
  int code_of(const std::string& json) {
    try {
      run(json);
      return 0;
    } catch (const CommandError& error) {
      return error.code();
    }
  }

  std::vector<Document> batch(const Document& reply, std::string_view key = "firstBatch") {
    return find_documents(**find_document(*reply, "cursor"), key);
  }

  /// The x of each document found, in order.
  std::vector<std::int64_t> xs(const std::string& find_json) {
    std::vector<std::int64_t> values;
    for (const Document& document : batch(run(find_json))) {
      values.push_back(find_integer(*document, "x").value_or(-1));
    }
    return values;
  }

  Store store_;
};

using Numbers = std::vector<std::int64_t>;

TEST_F(CrudTest, InsertsAndFinds) {
  const Document reply =
      run(R"({"insert": "c", "documents": [{"_id": 1, "x": 3}, {"_id": 2, "x": 1}, {"x": 2}]})");
  EXPECT_EQ(find_integer(*reply, "n"), 3);
  EXPECT_EQ(xs(R"({"find": "c"})"), (Numbers{3, 1, 2}));
  EXPECT_EQ(xs(R"({"find": "c", "sort": {"x": 1}})"), (Numbers{1, 2, 3}));
  EXPECT_EQ(xs(R"({"find": "c", "sort": {"x": -1}, "skip": 1, "limit": 1})"), (Numbers{2}));
  EXPECT_EQ(xs(R"({"find": "c", "filter": {"_id": 2}})"), (Numbers{1}));
  EXPECT_EQ(xs(R"({"find": "c", "filter": {"x": {"$gt": 1, "$lte": 3}}})"), (Numbers{3, 2}));
  EXPECT_EQ(xs(R"({"find": "nothing"})"), Numbers{});
}

TEST_F(CrudTest, UniqueIndexRefusesASecondDocument) {
  run(R"({"createIndexes": "c", "indexes": [{"key": {"a.b": 1}, "name": "ab", "unique": true}]})");
  const Document reply = run(R"({"insert": "c", "documents":
      [{"_id": 1, "a": {"b": 7}}, {"_id": 2, "a": {"b": 7.0}}, {"_id": 3, "a": {"b": 8}}], "ordered": false})");
  EXPECT_EQ(find_integer(*reply, "n"), 2);
  const auto errors = find_documents(*reply, "writeErrors");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(find_integer(*errors[0], "index"), 1);
  EXPECT_EQ(find_integer(*errors[0], "code"), 11000);
  EXPECT_TRUE(find_string(*errors[0], "errmsg").value_or("").starts_with("E11000 duplicate key error"));
  EXPECT_EQ(code_of(R"({"createIndexes": "c", "indexes": [{"key": {"a.b": 1}, "name": "ab"}]})"), 86);
}

TEST_F(CrudTest, CursorsGoOnWithGetMore) {
  run(R"({"insert": "c", "documents": [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}, {"x": 5}]})");
  const Document first = run(R"({"find": "c", "batchSize": 2})");
  EXPECT_EQ(batch(first).size(), 2U);
  const auto id = find_integer(**find_document(*first, "cursor"), "id");
  ASSERT_NE(id, 0);
  const std::string more =
      R"({"getMore": {"$numberLong": ")" + std::to_string(*id) + R"("}, "collection": "c", "batchSize": 2})";
  EXPECT_EQ(batch(run(more), "nextBatch").size(), 2U);
  EXPECT_EQ(batch(run(more), "nextBatch").size(), 1U);
  EXPECT_EQ(code_of(more), 43);
}

TEST_F(CrudTest, UpdatesOneManyAndUpserts) {
  run(R"({"insert": "c", "documents": [{"_id": 1, "x": 1}, {"_id": 2, "x": 1}]})");
  Document reply = run(R"({"update": "c", "updates": [{"q": {"x": 1}, "u": {"$inc": {"x": 1}}}]})");
  EXPECT_EQ(find_integer(*reply, "n"), 1);
  EXPECT_EQ(find_integer(*reply, "nModified"), 1);
  reply = run(R"({"update": "c", "updates": [{"q": {}, "u": {"$set": {"x": 2}}, "multi": true}]})");
  EXPECT_EQ(find_integer(*reply, "n"), 2);
  EXPECT_EQ(find_integer(*reply, "nModified"), 1);
  reply = run(R"({"update": "c", "updates": [{"q": {"_id": 7}, "u": {"$set": {"x": 9}}, "upsert": true}]})");
  const auto upserted = find_documents(*reply, "upserted");
  ASSERT_EQ(upserted.size(), 1U);
  EXPECT_EQ(find_integer(*upserted[0], "_id"), 7);
  EXPECT_EQ(xs(R"({"find": "c", "filter": {"_id": 7}})"), Numbers{9});
}

TEST_F(CrudTest, ReplacementsAreForOneDocument) {
  run(R"({"insert": "c", "documents": [{"_id": 1, "x": 1, "y": 1}]})");
  run(R"({"update": "c", "updates": [{"q": {"_id": 1}, "u": {"x": 5}}]})");
  EXPECT_EQ(batch(run(R"({"find": "c"})"))[0].json(), Document::from_json(R"({"_id": 1, "x": 5})")->json());
  const Document reply = run(R"({"update": "c", "updates": [{"q": {}, "u": {"x": 6}, "multi": true}]})");
  EXPECT_EQ(find_integer(*find_documents(*reply, "writeErrors").at(0), "code"), 9);
}

TEST_F(CrudTest, UniquenessHoldsThroughUpdates) {
  run(R"({"createIndexes": "c", "indexes": [{"key": {"k": 1}, "name": "k", "unique": true}]})");
  run(R"({"insert": "c", "documents": [{"_id": 1, "k": 1}, {"_id": 2, "k": 2}]})");
  const Document reply = run(R"({"update": "c", "updates": [{"q": {"_id": 2}, "u": {"$set": {"k": 1}}}]})");
  EXPECT_EQ(find_integer(*find_documents(*reply, "writeErrors").at(0), "code"), 11000);
  run(R"({"delete": "c", "deletes": [{"q": {"_id": 1}, "limit": 1}]})");
  EXPECT_FALSE(find(*run(R"({"update": "c", "updates": [{"q": {"_id": 2}, "u": {"$set": {"k": 1}}}]})"),
                    "writeErrors"));
}

TEST_F(CrudTest, PartialAndSparseIndexesLeaveDocumentsOut) {
  run(R"({"createIndexes": "c", "indexes": [
      {"key": {"k": 1}, "name": "k", "unique": true, "sparse": true},
      {"key": {"p": 1}, "name": "p", "unique": true, "partialFilterExpression": {"live": true}}]})");
  const Document reply = run(R"({"insert": "c", "ordered": false, "documents": [
      {"p": 1, "live": false}, {"p": 1, "live": false}, {"p": 1, "live": true}, {"p": 1, "live": true}]})");
  EXPECT_EQ(find_integer(*reply, "n"), 3);
}

TEST_F(CrudTest, UniqueIndexOverDuplicatesIsRefused) {
  run(R"({"insert": "c", "documents": [{"k": 1}, {"k": 1}]})");
  EXPECT_EQ(code_of(R"({"createIndexes": "c", "indexes": [{"key": {"k": 1}, "name": "k", "unique": true}]})"),
            11000);
  EXPECT_EQ(batch(run(R"({"listIndexes": "c"})")).size(), 1U);
}

TEST_F(CrudTest, DeletesOneOrAll) {
  run(R"({"insert": "c", "documents": [{"x": 1}, {"x": 1}, {"x": 1}]})");
  EXPECT_EQ(find_integer(*run(R"({"delete": "c", "deletes": [{"q": {"x": 1}, "limit": 1}]})"), "n"), 1);
  EXPECT_EQ(find_integer(*run(R"({"delete": "c", "deletes": [{"q": {"x": 1}, "limit": 0}]})"), "n"), 2);
}

TEST_F(CrudTest, FindAndModify) {
  run(R"({"insert": "c", "documents": [{"_id": 1, "x": 2}, {"_id": 2, "x": 1}]})");
  Document reply = run(R"({"findAndModify": "c", "query": {}, "sort": {"x": 1}, "remove": true})");
  EXPECT_EQ(find_integer(**find_document(*reply, "value"), "_id"), 2);
  reply = run(R"({"findAndModify": "c", "query": {"_id": 3}, "update": {"$set": {"x": 3}}})");
  EXPECT_EQ(find(*reply, "value")->value_type, BSON_TYPE_NULL);
  reply = run(R"({"findAndModify": "c", "query": {"_id": 3}, "update": {"$set": {"x": 3}}, "upsert": true,
                  "new": true, "fields": {"x": 1, "_id": 0}})");
  EXPECT_EQ(find_document(*reply, "value")->json(), Document::from_json(R"({"x": 3})")->json());
}

TEST_F(CrudTest, AggregatesCounts) {
  run(R"({"insert": "c", "documents": [{"s": "a", "n": 1}, {"s": "b", "n": 2}, {"s": "a", "n": 3}]})");
  const auto groups = batch(run(R"({"aggregate": "c", "cursor": {}, "pipeline": [
      {"$match": {"n": {"$gt": 0}}}, {"$group": {"_id": "$s", "count": {"$sum": 1}, "total": {"$sum": "$n"}}},
      {"$sort": {"_id": 1}}]})"));
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(find_integer(*groups[0], "count"), 2);
  EXPECT_EQ(find_integer(*groups[0], "total"), 4);
  const auto counted = batch(
      run(R"({"aggregate": "c", "cursor": {}, "pipeline": [{"$match": {"s": "b"}}, {"$count": "n"}]})"));
  EXPECT_EQ(find_integer(*counted.at(0), "n"), 1);
  EXPECT_EQ(code_of(R"({"aggregate": "c", "cursor": {}, "pipeline": [{"$lookup": {}}]})"), 40324);
  EXPECT_EQ(code_of(R"({"aggregate": "c", "cursor": {}, "pipeline": [{"$limit": -1}]})"), 2);
  EXPECT_EQ(code_of(R"({"aggregate": "c", "cursor": {}, "pipeline": [{"$count": 1}]})"), 14);
}

TEST_F(CrudTest, CountsAndDistinctValues) {
  run(R"({"insert": "c", "documents": [{"t": ["x", "y"]}, {"t": "x"}, {}]})");
  EXPECT_EQ(find_integer(*run(R"({"count": "c", "query": {"t": "x"}})"), "n"), 2);
  const Document reply = run(R"({"distinct": "c", "key": "t"})");
  EXPECT_EQ(elements(*find(*reply, "values")).size(), 2U);
}

TEST_F(CrudTest, Catalog) {
  EXPECT_EQ(code_of(R"({"listIndexes": "c"})"), 26);
  EXPECT_EQ(code_of(R"({"drop": "c"})"), 26);
  run(R"({"create": "c"})");
  EXPECT_EQ(code_of(R"({"create": "c"})"), 48);
  run(R"({"createIndexes": "c", "indexes": [{"key": {"k": 1}, "name": "k"}]})");
  EXPECT_EQ(code_of(R"({"createIndexes": "c", "indexes": [{"key": {"k": 1}, "name": "other"}]})"), 85);
  EXPECT_EQ(code_of(R"({"createIndexes": "c", "indexes": [{"name": "k"}]})"), 9);
  EXPECT_EQ(batch(run(R"({"listCollections": 1, "filter": {"name": "c"}})")).size(), 1U);
  run(R"({"dropIndexes": "c", "index": "k"})");
  EXPECT_EQ(code_of(R"({"dropIndexes": "c", "index": "_id_"})"), 27);
  run(R"({"dropDatabase": 1})");
  EXPECT_TRUE(batch(run(R"({"listCollections": 1})")).empty());
}

TEST_F(CrudTest, RetriedWriteIsAnsweredWithTheFirstReply) {
  const std::string insert = R"({"insert": "c", "documents": [{"x": 1}], "lsid": {"id": 1},
                                 "txnNumber": {"$numberLong": ")";
  run(insert + R"(1"}})");
  EXPECT_EQ(find_integer(*run(insert + R"(1"}})"), "n"), 1);
  EXPECT_EQ(xs(R"({"find": "c"})").size(), 1U);
  run(insert + R"(2"}})");
  EXPECT_EQ(xs(R"({"find": "c"})").size(), 2U);
}

TEST_F(CrudTest, WrongCommandsAreErrors) {
  EXPECT_EQ(code_of(R"({"fly": 1})"), 59);
  EXPECT_EQ(code_of(R"({"find": 1})"), 73);
  EXPECT_EQ(code_of(R"({"find": "c", "limit": -1})"), 2);
  EXPECT_EQ(code_of(R"({"insert": "c", "documents": [1]})"), 14);
  EXPECT_EQ(code_of(R"({"insert": "c", "documents": [], "autocommit": false})"), 20);
}

TEST_F(CrudTest, BatchesAreBoundedByBytes) {
  Request request;
  request.database = "test";
  const std::string text(6 * 1024 * 1024, 'x');
  for (int i = 0; i < 4; ++i) {
    request.command = Document();
    const std::vector<Document> documents{Document().add("_id", i).add("text", text)};
    request.command.add("insert", "c").add("documents", documents);
    store_.run("insert", request);
  }
  EXPECT_EQ(batch(run(R"({"find": "c"})")).size(), 2U);
  request.command = Document();
  const std::vector<Document> too_large{Document().add("text", text + text + text)};
  request.command.add("insert", "c").add("documents", too_large);
  const Document reply = store_.run("insert", request);
  EXPECT_EQ(find_integer(*find_documents(*reply, "writeErrors").at(0), "code"), 10334);
}

}  // namespace
}  // namespace wellspring::testing
