#include "index/filter.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "model/metadata_json.hpp"

namespace wellspring::index {
namespace {

namespace json = boost::json;

model::ChunkMetadata full_metadata() {
  model::ChunkMetadata metadata;
  metadata.article = {ArticleId("a1"), "fr"};
  metadata.title = "Rivers";
  metadata.author = "mara";
  metadata.categories = {"water", "maps"};
  metadata.published_at = parse_timestamp("2025-03-04T05:06:07.008Z");
  metadata.slug = "rivers";
  metadata.section = "Deltas";
  metadata.subsection = "Silt";
  metadata.subsubsection = "Grain";
  metadata.type = model::ChunkType::kSection;
  metadata.content_length = 321;
  metadata.index = 12;
  metadata.is_title_chunk = true;
  metadata.extra = {{"audience", "children"}, {"author", "not the author"}};
  return metadata;
}

bool matches(const model::Filter& filter, const model::ChunkMetadata& metadata) {
  return Matcher(filter).matches(metadata);
}

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return json::serialize(value);
}

// Keeps the names and spellings here and on the wire from drifting apart.
TEST(Matcher, EveryMemberOfTheWireFormMatchesItsOwnValue) {
  const model::ChunkMetadata metadata = full_metadata();
  for (const auto& [name, value] : model::to_json(metadata)) {
    if (value.is_array()) continue;
    EXPECT_TRUE(matches({{std::string(name), {"other", text_of(value)}}}, metadata)) << name;
    EXPECT_FALSE(matches({{std::string(name), {"other"}}}, metadata)) << name;
  }
}

TEST(Matcher, NullAndAbsentMembersMatchNothing) {
  const model::ChunkMetadata bare;
  for (const char* name : {"author", "published_date", "slug", "doc_title_hierarchical", "section_title",
                           "subsection_title", "subsubsection_title", "categories", "audience"}) {
    EXPECT_FALSE(matches({{name, {"", "null", "x"}}}, bare)) << name;
  }
}

TEST(Matcher, AListMatchesByAnyItem) {
  EXPECT_TRUE(matches({{"categories", {"maps"}}}, full_metadata()));
  EXPECT_TRUE(matches({{"categories", {"fire", "water"}}}, full_metadata()));
  EXPECT_FALSE(matches({{"categories", {"fire"}}}, full_metadata()));
}

TEST(Matcher, AllConditionsMustHold) {
  EXPECT_TRUE(matches({{"locale", {"fr"}}, {"slug", {"rivers"}}}, full_metadata()));
  EXPECT_FALSE(matches({{"locale", {"fr"}}, {"slug", {"lakes"}}}, full_metadata()));
  EXPECT_TRUE(matches({}, full_metadata()));
}

TEST(Matcher, NoValuesAndUnknownMembersMatchNothing) {
  EXPECT_FALSE(matches({{"locale", {}}}, full_metadata()));
  EXPECT_FALSE(matches({{"nonsense", {"fr"}}}, full_metadata()));
  EXPECT_FALSE(matches({{"", {""}}}, full_metadata()));
}

TEST(Matcher, ExtraMembersAreFoundButNeverHideTheContract) {
  EXPECT_TRUE(matches({{"audience", {"children"}}}, full_metadata()));
  EXPECT_TRUE(matches({{"author", {"mara"}}}, full_metadata()));
  EXPECT_FALSE(matches({{"author", {"not the author"}}}, full_metadata()));
}

TEST(Matcher, ValuesAreComparedExactly) {
  EXPECT_FALSE(matches({{"doc_title", {"rivers"}}}, full_metadata()));
  EXPECT_FALSE(matches({{"chunk_index", {"012"}}}, full_metadata()));
  EXPECT_FALSE(matches({{"is_title_chunk", {"1"}}}, full_metadata()));
}

}  // namespace
}  // namespace wellspring::index
