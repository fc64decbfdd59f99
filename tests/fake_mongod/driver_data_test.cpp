#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "fake_mongod/driver.hpp"

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;

Document doc(const std::string& json) {
  return Document::from_json(json).value();
}

/// A collection of libmongoc's over one leased client.
class DriverDataTest : public ::testing::Test {
 protected:
  explicit DriverDataTest(const FakeMongodOptions& options = without_topology_version(),
                          const std::string& parameters = {})
      : server_(options), pool_(server_.uri(parameters)), lease_(pool_) {
    collection_ = mongoc_client_get_collection(lease_.client(), "test", "c");
  }
  ~DriverDataTest() override { mongoc_collection_destroy(collection_); }

  /// The error's code; 0 when all were inserted.
  std::uint32_t insert(const std::vector<std::string>& documents, const std::string& options = "{}") {
    std::vector<Document> parsed;
    std::vector<const bson_t*> pointers;
    for (const std::string& json : documents) {
      parsed.push_back(doc(json));
    }
    for (const Document& document : parsed) {
      pointers.push_back(document.get());
    }
    bson_error_t error{};
    const bool worked = mongoc_collection_insert_many(collection_, pointers.data(), pointers.size(),
                                                      doc(options).get(), nullptr, &error);
    return worked ? 0 : error.code;
  }

  std::int64_t count(const std::string& filter = "{}") {
    bson_error_t error{};
    return mongoc_collection_count_documents(collection_, doc(filter).get(), nullptr, nullptr, nullptr,
                                             &error);
  }

  FakeMongod server_;
  DriverPool pool_;
  DriverLease lease_;
  mongoc_collection_t* collection_ = nullptr;
};

TEST_F(DriverDataTest, InsertsUpdatesAndDeletes) {
  EXPECT_EQ(insert({R"({"_id": 1, "x": 1})", R"({"_id": 2, "x": 2})", R"({"_id": 3, "x": 3})"}), 0U);
  EXPECT_EQ(count(), 3);
  EXPECT_EQ(count(R"({"x": {"$gte": 2}})"), 2);
  bson_error_t error;
  EXPECT_TRUE(mongoc_collection_update_many(collection_, doc(R"({"x": {"$lt": 3}})").get(),
                                            doc(R"({"$set": {"old": true}})").get(), nullptr, nullptr,
                                            &error));
  EXPECT_EQ(count(R"({"old": true})"), 2);
  EXPECT_TRUE(mongoc_collection_update_one(collection_, doc(R"({"_id": 9})").get(),
                                           doc(R"({"$setOnInsert": {"x": 9}})").get(),
                                           doc(R"({"upsert": true})").get(), nullptr, &error));
  EXPECT_EQ(count(R"({"_id": 9, "x": 9})"), 1);
  EXPECT_TRUE(mongoc_collection_delete_many(collection_, doc(R"({"old": {"$exists": true}})").get(), nullptr,
                                            nullptr, &error));
  EXPECT_EQ(count(), 2);
}

TEST_F(DriverDataTest, UniqueIndexRefusesADuplicate) {
  EXPECT_EQ(
      lease_.run(R"({"createIndexes": "c", "indexes": [{"key": {"k": 1}, "name": "k", "unique": true}]})"),
      0U);
  EXPECT_EQ(insert({R"({"k": 1})", R"({"k": 2})"}), 0U);
  EXPECT_EQ(insert({R"({"k": 2})"}), 11000U);
  EXPECT_EQ(insert({R"({"_id": 5})", R"({"_id": 5})"}), 11000U);
  EXPECT_EQ(count(), 3);
}

TEST_F(DriverDataTest, CursorFetchesMoreAndAnAbandonedOneIsKilled) {
  EXPECT_EQ(insert({R"({"x": 1})", R"({"x": 2})", R"({"x": 3})", R"({"x": 4})", R"({"x": 5})"}), 0U);
  const Document options = doc(R"({"batchSize": 2, "sort": {"x": -1}})");
  const bson_t* found = nullptr;
  mongoc_cursor_t* cursor =
      mongoc_collection_find_with_opts(collection_, Document().get(), options.get(), nullptr);
  std::vector<std::int64_t> values;
  while (mongoc_cursor_next(cursor, &found)) {
    values.push_back(find_integer(*found, "x").value_or(0));
  }
  bson_error_t error;
  EXPECT_FALSE(mongoc_cursor_error(cursor, &error));
  mongoc_cursor_destroy(cursor);
  EXPECT_EQ(values, (std::vector<std::int64_t>{5, 4, 3, 2, 1}));
  EXPECT_EQ(server_.snapshot().commands("getMore"), 2U);
  EXPECT_EQ(server_.snapshot().cursors_killed(), 0U);

  cursor = mongoc_collection_find_with_opts(collection_, Document().get(), options.get(), nullptr);
  EXPECT_TRUE(mongoc_cursor_next(cursor, &found));
  EXPECT_EQ(server_.open_cursors(), 1U);
  mongoc_cursor_destroy(cursor);
  EXPECT_EQ(server_.snapshot().cursors_killed(), 1U);
  EXPECT_EQ(server_.open_cursors(), 0U);
}

TEST_F(DriverDataTest, FindAndModifyTakesTheFirstInOrder) {
  EXPECT_EQ(insert({R"({"state": "new", "n": 2})", R"({"state": "new", "n": 1})"}), 0U);
  bson_t reply;
  bson_error_t error;
  ASSERT_TRUE(
      mongoc_client_command_simple(lease_.client(), "test",
                                   doc(R"({"findAndModify": "c", "query": {"state": "new"}, "sort": {"n": 1},
              "update": {"$set": {"state": "leased"}}, "new": true})")
                                       .get(),
                                   nullptr, &reply, &error));
  const auto value = find_document(reply, "value");
  bson_destroy(&reply);
  ASSERT_TRUE(value);
  EXPECT_EQ(find_integer(**value, "n"), 1);
  EXPECT_EQ(find_string(**value, "state"), "leased");
  EXPECT_EQ(count(R"({"state": "new"})"), 1);
}

TEST_F(DriverDataTest, UnacknowledgedWritesGetNoReply) {
  EXPECT_EQ(insert({R"({"x": 1})"}, R"({"writeConcern": {"w": 0}})"), 0U);
  EXPECT_EQ(count(), 1);
}

class DriverReplicaSetTest : public DriverDataTest {
 protected:
  DriverReplicaSetTest() : DriverDataTest(options(), "replicaSet=rs&retryWrites=true") {}

  static FakeMongodOptions options() {
    FakeMongodOptions options = without_topology_version();
    options.topology.replica_set = "rs";
    return options;
  }
};

TEST_F(DriverReplicaSetTest, RetriedWriteWhoseReplyWasLostRunsOnce) {
  ASSERT_TRUE(lease_.ping());
  FaultRule lost = close_on_nth("insert", 1);
  lost.stage = Stage::kAfterRunning;
  server_.add_fault(lost);
  EXPECT_EQ(insert({R"({"x": 1})"}), 0U);
  EXPECT_EQ(server_.snapshot().commands("insert"), 2U);
  EXPECT_EQ(count(), 1);
}

TEST_F(DriverReplicaSetTest, FailoverDuringAWriteIsRetried) {
  ASSERT_TRUE(lease_.ping());
  server_.add_fault(not_writable_primary(1));
  EXPECT_EQ(insert({R"({"x": 1})"}), 0U);
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(server_.snapshot().total_created(Role::kApp), 1U);
}

TEST(DriverSessionTest, SessionsAreEndedWhenThePoolCloses) {
  FakeMongod server(without_topology_version());
  {
    DriverPool pool(server.uri());
    DriverLease lease(pool);
    mongoc_collection_t* collection = mongoc_client_get_collection(lease.client(), "test", "c");
    bson_error_t error;
    EXPECT_TRUE(
        mongoc_collection_insert_one(collection, Document().add("x", 1).get(), nullptr, nullptr, &error));
    mongoc_collection_destroy(collection);
  }
  EXPECT_TRUE(server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, 5s));
  EXPECT_EQ(server.snapshot().sessions_seen(), 1U);
  EXPECT_EQ(server.snapshot().sessions_ended(), 1U);
}

}  // namespace
}  // namespace wellspring::testing
