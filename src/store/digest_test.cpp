#include "store/digest.hpp"

#include <gtest/gtest.h>

#include "store/store_contract.hpp"

namespace wellspring::store {
namespace {

Digest digest_of(const std::vector<std::string>& items) {
  Digest digest;
  for (const std::string& item : items) digest.add(item);
  return digest;
}

TEST(Digest, IsTheSameInWhateverOrder) {
  EXPECT_EQ(digest_of({"a", "b", "c"}), digest_of({"c", "a", "b"}));
  EXPECT_EQ(hex(digest_of({"a", "b"})), hex(digest_of({"b", "a"})));
  EXPECT_EQ(hex(digest_of({})).size(), 32U);
}

TEST(Digest, DiffersWithEveryItem) {
  EXPECT_NE(digest_of({"a", "b"}), digest_of({"a"}));
  EXPECT_NE(digest_of({"a", "a"}), digest_of({"a"}));
  EXPECT_NE(digest_of({"a", "b"}), digest_of({"a", "c"}));
  EXPECT_NE(digest_of({"ab", ""}), digest_of({"a", "b"}));
  EXPECT_NE(digest_of({""}), digest_of({}));
}

TEST(Canonical, AnArticleIsAllOfItsChunks) {
  const Revision revision = make_revision("a", "x", 3, at(1));
  StoredRevision stored;
  stored.key = revision.key;
  const std::string whole = canonical(stored, revision.chunks);
  EXPECT_EQ(canonical(stored, revision.chunks), whole);
  auto other = revision.chunks;
  other[2].vector[0] += 1.0F;
  EXPECT_NE(canonical(stored, other), whole);
  other = revision.chunks;
  other[1].chunk.metadata.section = "another";
  EXPECT_NE(canonical(stored, other), whole);
  other = revision.chunks;
  std::swap(other[0], other[1]);
  EXPECT_NE(canonical(stored, other), whole);
  stored.updated_at = at(2);
  EXPECT_NE(canonical(stored, revision.chunks), whole);
}

TEST(Canonical, TextsDoNotRunIntoEachOther) {
  model::Source left;
  left.name = "ab";
  left.type = "c";
  model::Source right = left;
  right.name = "a";
  right.type = "bc";
  EXPECT_NE(canonical(left), canonical(right));
}

TEST(Canonical, ARunningJobIsAQueuedOne) {
  model::Job job;
  job.state = model::JobState::kRunning;
  const std::string running = canonical(job);
  job.state = model::JobState::kQueued;
  EXPECT_EQ(canonical(job), running);
  job.state = model::JobState::kDead;
  EXPECT_NE(canonical(job), running);
}

}  // namespace
}  // namespace wellspring::store
