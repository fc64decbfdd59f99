// Rows as BSON, batches and heads: what is decided without a server.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <limits>

#include "base/result.hpp"
#include "store/mongo/chunk_rows.hpp"
#include "store/mongo/job_rows.hpp"
#include "store/mongo/session.hpp"
#include "store/store_contract.hpp"

namespace wellspring::store::mongo {
namespace {

using Ends = std::vector<std::size_t>;

TEST(Batches, AreCutByBytesAndByRows) {
  EXPECT_EQ(batch_ends({}, 10, 10), Ends{});
  const std::vector<std::size_t> sizes{4, 4, 4, 20, 1, 1, 1};
  EXPECT_EQ(batch_ends(sizes, 10, 100), (Ends{2, 3, 4, 7}));
  EXPECT_EQ(batch_ends(sizes, 1'000, 2), (Ends{2, 4, 6, 7}));
  EXPECT_EQ(batch_rows(0), batch_rows(1));
  EXPECT_EQ(batch_rows(16U << 20), 1);
}

TEST(Vectors, AreMongoDbsVectorFormat) {
  const std::vector<float> vector{1.0F, -0.5F, std::numeric_limits<float>::denorm_min()};
  const Doc row = doc("vector", vector);
  bson_iter_t at;
  ASSERT_TRUE(bson_iter_init_find(&at, row.get(), "vector"));
  bson_subtype_t subtype{};
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_binary(&at, &subtype, &size, &bytes);
  EXPECT_EQ(static_cast<int>(subtype), 9);
  ASSERT_EQ(size, 14U);
  EXPECT_EQ(bytes[0], 0x27);
  EXPECT_EQ(bytes[1], 0);
  EXPECT_EQ(bytes[4] | bytes[5] << 8, 0x3F80) << "1.0F, little-endian";
  EXPECT_EQ(vector_at(*row, "vector"), vector);
  EXPECT_EQ(vector_at(*doc("vector", std::vector<float>{}), "vector"), std::vector<float>{});
  EXPECT_EQ(vector_at(*doc("vector", array(1, 2)), "vector"), (std::vector<float>{1.0F, 2.0F}));
  EXPECT_EQ(vector_at(*doc("vector", array("x")), "vector"), std::nullopt);
  EXPECT_EQ(vector_at(*doc("vector", "x"), "vector"), std::nullopt);
  EXPECT_EQ(vector_at(*row, "other"), std::nullopt);
}

TEST(ChunkRows, NamesThatServersRefuseAreEscaped) {
  Revision revision = make_revision("a", "x", 2, at(1));
  const std::map<std::string, std::string> extra{
      {"og.title", "1"}, {"$set", "2"}, {"100%", "3"}, {"%2E", "4"}, {"plain", "5"}};
  for (auto& chunk : revision.chunks) chunk.chunk.metadata.extra = extra;
  const auto rows = chunk_rows(revision, {std::string(24, 'a')}, [] { return Oid{std::string(24, 'b')}; });
  ASSERT_EQ(rows.size(), 2U);
  for (const auto& [name, value] : to_json(*Fields(*rows[0], "row").optional_document("metadata").value())) {
    EXPECT_EQ(std::string(name).find_first_of(".$"), std::string::npos) << name;
  }
  const ReadChunk read = read_own_chunk(*rows[1]);
  EXPECT_EQ(read.index, 1U);
  EXPECT_EQ(read.model, "model-a");
  EXPECT_EQ(read.embedded.chunk.metadata.extra, extra);
  EXPECT_EQ(read.embedded.chunk.metadata.published_at, at(7));
  EXPECT_EQ(read.embedded.vector, revision.chunks[1].vector);
}

TEST(ChunkRows, BrokenOnesOfOursAreNamed) {
  const Revision revision = make_revision("a", "x", 1, at(1));
  const auto rows = chunk_rows(revision, {std::string(24, 'a')}, [] { return Oid{std::string(24, 'b')}; });
  for (const char* missing : {"text", "index", "metadata", "body_offset"}) {
    Doc broken;
    bson_copy_to_excluding_noinit(rows[0].get(), broken.get(), missing, nullptr);
    try {
      read_own_chunk(*broken);
      ADD_FAILURE() << missing;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().kind, ErrorKind::kCorrupt);
      EXPECT_NE(failure.error().message.find(std::string(24, 'b')), std::string::npos);
      EXPECT_NE(failure.error().message.find(missing), std::string::npos);
    }
  }
}

TEST(Heads, AreTheRunningJobOrTheOldest) {
  const auto job = [](std::int64_t id, const char* article, bool running, bool head) {
    return UnfinishedJob{JobId(id), ArticleId(article), running, head};
  };
  const auto changes =
      head_changes({job(1, "a", false, true), job(2, "a", true, false), job(3, "b", false, false),
                    job(4, "b", false, true), job(5, "c", false, true), job(6, "c", false, false)});
  EXPECT_EQ(changes.raise, (std::vector<JobId>{JobId(2), JobId(3)}));
  EXPECT_EQ(changes.lower, (std::vector<JobId>{JobId(1), JobId(4)}));
}

TEST(JobRows, BrokenOnesAreNamed) {
  const Doc good = job_row(JobId(7), make_job("a", at(1)), true, at(2));
  EXPECT_EQ(read_job(*good).article.markdown, "text of a");
  Doc odd;
  bson_copy_to_excluding_noinit(good.get(), odd.get(), "state", nullptr);
  add_to(odd, "state", 9);
  try {
    read_job(*odd);
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_NE(failure.error().message.find("job 7"), std::string::npos);
    EXPECT_NE(failure.error().message.find("state"), std::string::npos);
  }
}

}  // namespace
}  // namespace wellspring::store::mongo
