#include "sync/cms_listing.hpp"

#include <gtest/gtest.h>

namespace wellspring::sync {
namespace {

TEST(CmsLocales, TheFirstIsTheDefault) {
  EXPECT_EQ(cms_locales({}, "de").front().name, "de");
  const auto none = cms_locales({});
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].name, "en");
  EXPECT_FALSE(none[0].named);
  const auto two = cms_locales({"de", "fr"});
  EXPECT_TRUE(two[0].primary && two[0].named);
  EXPECT_FALSE(two[1].primary);
}

TEST(Targets, SelectWhatIsCompared) {
  EXPECT_EQ(
      listing_target("articles", cms_locales({})[0], 50, 3),
      "/api/articles?depth=0&sort=id&limit=50&page=3&select%5BupdatedAt%5D=true&select%5Bstatus%5D=true");
  EXPECT_EQ(listing_target("posts", cms_locales({"en", "pt-BR"})[1], 10, 1),
            "/api/posts?depth=0&sort=id&limit=10&page=1&select%5BupdatedAt%5D=true&select%5Bstatus%5D=true"
            "&select%5Btitle%5D=true&locale=pt-BR&fallback-locale=none");
  EXPECT_EQ(document_target("articles", cms_locales({})[0], ArticleId("a/b?c")),
            "/api/articles/a%2Fb%3Fc?depth=0");
  EXPECT_EQ(document_target("articles", cms_locales({"en"})[0], ArticleId("7")),
            "/api/articles/7?depth=0&locale=en");
}

TEST(CmsPage, IsRead) {
  const auto page = parse_cms_page(R"({"docs":[
      {"id":7,"updatedAt":"2025-01-01T00:00:00.000Z","status":"published"},
      {"id":"b","updatedAt":"2025-01-02T00:00:00.000Z","status":"draft","title":"B"},
      {"id":"c","status":"published"},
      {"id":"d","updatedAt":"2025-01-02T00:00:00.000Z","status":"archived","title":null},
      {"id":"e","updatedAt":"2025-01-02T00:00:00.000Z"}],
      "totalDocs":12,"limit":5,"page":1,"hasNextPage":true})")
                        .value();
  EXPECT_TRUE(page.has_next);
  EXPECT_EQ(page.total, 12u);
  ASSERT_EQ(page.entries.size(), 5u);
  EXPECT_EQ(page.entries[0].id, ArticleId("7"));
  EXPECT_EQ(page.entries[0].status, CmsStatus::kPublished);
  EXPECT_EQ(page.entries[0].updated_at, parse_timestamp("2025-01-01T00:00:00Z"));
  EXPECT_EQ(page.entries[1].status, CmsStatus::kDraft);
  EXPECT_TRUE(page.entries[1].titled);
  for (std::size_t i = 2; i < 5; ++i) {
    EXPECT_EQ(page.entries[i].status, CmsStatus::kUnreadable) << i;
    EXPECT_FALSE(page.entries[i].titled);
  }
}

TEST(CmsPage, WhatIsNoListIsRefused) {
  for (const char* body :
       {"", "<html>", "[]", "{}", R"({"docs":{},"hasNextPage":false})", R"({"docs":[]})",
        R"({"docs":[],"hasNextPage":"no"})", R"({"docs":[{"title":"x"}],"hasNextPage":false})",
        R"({"docs":[null],"hasNextPage":false})", R"({"docs":[{"id":{}}],"hasNextPage":false})",
        R"({"errors":[{"message":"You are not allowed"}]})", R"({"docs":[],"hasNextPage":false)"}) {
    const auto page = parse_cms_page(body);
    ASSERT_TRUE(page.has_error()) << body;
    EXPECT_EQ(page.error().kind, ErrorKind::kUpstream);
  }
}

}  // namespace
}  // namespace wellspring::sync
