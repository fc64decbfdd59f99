#pragma once

#include <string>
#include <vector>

#include "model/object_id.hpp"
#include "store/port_contract.hpp"
#include "store/source_store.hpp"

namespace wellspring::store {

class SourceStoreContract : public testing::TestWithParam<PortFactory<SourceStore>> {
 protected:
  static Timestamp at(int seconds) {
    return Timestamp{std::chrono::hours{24 * 365 * 55} + std::chrono::seconds{seconds}};
  }
  static model::NewSource described(const std::string& uri) {
    return {.name = "Name of " + uri, .type = "web", .uri = uri, .last_ingested_at = {}};
  }
  SourceStore& sources() { return under_test_->port(); }
  model::Source create(const std::string& uri, int now = 0) {
    return sources().create(described(uri), at(now)).value();
  }
  std::vector<std::string> uris() {
    std::vector<std::string> uris;
    const auto all = sources().list().value();
    for (const model::Source& source : all) uris.push_back(source.uri);
    return uris;
  }

  std::unique_ptr<PortUnderTest<SourceStore>> under_test_ = GetParam()();
};

using Uris = std::vector<std::string>;

TEST_P(SourceStoreContract, GivesBackWhatWasCreatedAlsoAfterReopening) {
  model::NewSource described_source = described("https://caf\u00e9.example/?a=1&b='2'");
  described_source.last_ingested_at = at(-5);
  const auto created = sources().create(described_source, at(3)).value();
  EXPECT_EQ(model::parse_object_id(created.id.value()), created.id.value());
  EXPECT_EQ(created.status, "ingesting");
  under_test_->reopen();
  const auto found = sources().find(created.id).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, created.id);
  EXPECT_EQ(found->name, described_source.name);
  EXPECT_EQ(found->type, "web");
  EXPECT_EQ(found->uri, described_source.uri);
  EXPECT_EQ(found->status, "ingesting");
  EXPECT_EQ(found->last_ingested_at, at(-5));
  EXPECT_EQ(found->created_at, at(3));
  EXPECT_EQ(found->updated_at, at(3));
}

TEST_P(SourceStoreContract, KnowsNothingOfUnknownIds) {
  create("a");
  const model::SourceId unknown("5f0000000000000000000001");
  EXPECT_FALSE(sources().find(unknown).value().has_value());
  EXPECT_EQ(sources().update(unknown, {}, at(1)).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(sources().remove(unknown).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(uris(), Uris{"a"});
}

TEST_P(SourceStoreContract, ListsInTheOrderOfCreationWhateverChanges) {
  EXPECT_TRUE(uris().empty());
  create("b", 5);
  const auto second = create("a", 4);
  create("c", 3);
  ASSERT_TRUE(sources().update(second.id, {}, at(9)).has_value());
  EXPECT_EQ(uris(), (Uris{"b", "a", "c"}));
  ASSERT_TRUE(sources().remove(second.id).has_value());
  create("a", 1);
  under_test_->reopen();
  EXPECT_EQ(uris(), (Uris{"b", "c", "a"}));
}

TEST_P(SourceStoreContract, AUriBelongsToOneSource) {
  const auto first = create("a");
  const auto taken = sources().create(described("a"), at(1));
  ASSERT_TRUE(taken.has_error());
  EXPECT_EQ(taken.error().kind, ErrorKind::kConflict);
  const auto second = create("b");
  model::SourceChanges move;
  move.uri = "a";
  EXPECT_EQ(sources().update(second.id, move, at(2)).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(sources().find(second.id).value()->uri, "b");
  EXPECT_TRUE(sources().update(first.id, move, at(2)).has_value()) << "its own URI is no conflict";
  ASSERT_TRUE(sources().remove(first.id).has_value());
  EXPECT_TRUE(sources().update(second.id, move, at(3)).has_value()) << "the URI is free again";
}

TEST_P(SourceStoreContract, AnUpdateIsAppliedAndKept) {
  const auto created = create("a", 1);
  model::SourceChanges changes;
  changes.name = "New";
  changes.type = "github";
  changes.status = "active";
  changes.last_ingested_at = std::optional(at(7));
  const auto updated = sources().update(created.id, changes, at(8)).value();
  under_test_->reopen();
  const auto found = sources().find(created.id).value().value();
  for (const model::Source& source : {updated, found}) {
    EXPECT_EQ(source.id, created.id);
    EXPECT_EQ(source.name, "New");
    EXPECT_EQ(source.type, "github");
    EXPECT_EQ(source.uri, "a");
    EXPECT_EQ(source.status, "active");
    EXPECT_EQ(source.last_ingested_at, at(7));
    EXPECT_EQ(source.created_at, at(1));
    EXPECT_EQ(source.updated_at, at(8));
  }
  changes = {};
  changes.uri = "b";
  changes.last_ingested_at.emplace(std::nullopt);
  ASSERT_TRUE(sources().update(created.id, changes, at(9)).has_value());
  const auto moved = sources().find(created.id).value().value();
  EXPECT_EQ(moved.uri, "b");
  EXPECT_EQ(moved.status, "ingesting");
  EXPECT_FALSE(moved.last_ingested_at.has_value());
}

TEST_P(SourceStoreContract, UpdatesOfOneMillisecondStillDiffer) {
  const auto created = create("a", 1);
  EXPECT_GT(sources().update(created.id, {}, at(1)).value().updated_at, created.updated_at);
}

TEST_P(SourceStoreContract, RemovedIsGoneAlsoAfterReopening) {
  const auto created = create("a");
  create("b");
  ASSERT_TRUE(sources().remove(created.id).has_value());
  under_test_->reopen();
  EXPECT_FALSE(sources().find(created.id).value().has_value());
  EXPECT_EQ(sources().remove(created.id).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(uris(), Uris{"b"});
}

}  // namespace wellspring::store
