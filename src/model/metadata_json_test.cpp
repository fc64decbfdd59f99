#include "model/metadata_json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "model/chat.hpp"
#include "model/job.hpp"
#include "model/query.hpp"

namespace wellspring::model {
namespace {

ChunkMetadata sample() {
  ChunkMetadata metadata;
  metadata.article = {ArticleId("42"), "en"};
  metadata.title = "Fees";
  metadata.categories = {"a", "b"};
  metadata.section = "Cost";
  metadata.type = ChunkType::kSection;
  metadata.content_length = 7;
  metadata.index = 3;
  metadata.extra = {{"tags", "x, y"}};
  return metadata;
}

TEST(MetadataJson, HasTheContractsKeys) {
  const boost::json::object object = to_json(sample());
  EXPECT_EQ(object.at("payload_id").as_string(), "42");
  EXPECT_EQ(object.at("title").as_string(), "Fees");
  EXPECT_EQ(object.at("doc_title").as_string(), "Fees");
  EXPECT_EQ(object.at("section_title").as_string(), "Cost");
  EXPECT_FALSE(object.contains("subsection_title"));
  EXPECT_TRUE(object.at("author").is_null());
  EXPECT_TRUE(object.at("published_date").is_null());
  EXPECT_EQ(object.at("chunk_type").as_string(), "section");
  EXPECT_EQ(object.at("chunk_index").as_int64(), 3);
}

TEST(MetadataJson, RoundTrips) {
  const auto back = chunk_metadata_from_json(to_json(sample()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_json(*back), to_json(sample()));
  EXPECT_EQ(back->extra.at("tags"), "x, y");
}

TEST(MetadataJson, NamesTheMemberThatIsWrong) {
  boost::json::object object = to_json(sample());
  object["chunk_index"] = "three";
  const auto back = chunk_metadata_from_json(object);
  ASSERT_TRUE(back.has_error());
  EXPECT_EQ(back.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(back.error().message.find("chunk_index"), std::string::npos);
}

TEST(ArticleJson, RoundTrips) {
  Article article;
  article.key = {ArticleId("a/b"), "fr"};
  article.title = "T";
  article.markdown = "# x\n";
  article.updated_at = parse_timestamp("2025-11-16T17:27:37.123Z");
  article.author = "u1";
  const auto back = article_from_json(to_json(article));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_json(*back), to_json(article));
}

TEST(Names, AreTheWireForms) {
  EXPECT_EQ(name(SearchMode::kHybrid), "hybrid");
  EXPECT_EQ(name(JobState::kDead), "dead");
  EXPECT_EQ(name(JobKind::kUnpublish), "unpublish");
  EXPECT_EQ(name(JobOutcome::kOutdated), "outdated");
}

}  // namespace
}  // namespace wellspring::model
