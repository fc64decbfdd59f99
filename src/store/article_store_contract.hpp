#pragma once

#include <atomic>
#include <set>
#include <thread>

#include "store/store_contract.hpp"

namespace wellspring::store {

class ArticleStoreContract : public StoreContract {
 protected:
  ArticleStore& articles() { return store_->articles(); }
  std::optional<StoredRevision> find(const std::string& id, const std::string& locale = "en") {
    return articles().find({ArticleId(id), locale}).value();
  }
  std::vector<std::string> texts(const std::string& id, const std::string& locale = "en") {
    std::vector<std::string> all;
    for (const auto& embedded : articles().chunks({ArticleId(id), locale}).value())
      all.push_back(embedded.chunk.text);
    return all;
  }
};

TEST_P(ArticleStoreContract, GivesBackWhatWasPublishedAlsoAfterReopening) {
  const Revision sent = make_revision("a/1", "Caf\u00e9", 5, at(1));
  ASSERT_TRUE(articles().publish(sent, at(2)).has_value());
  store_->reopen();
  const auto stored = find("a/1");
  ASSERT_TRUE(stored.has_value());
  EXPECT_TRUE(stored->live);
  EXPECT_EQ(stored->key, sent.key);
  EXPECT_EQ(stored->updated_at, at(1));
  EXPECT_EQ(stored->content_hash, sent.content_hash);
  EXPECT_EQ(stored->title, sent.title);
  EXPECT_EQ(stored->source, "payload");
  EXPECT_EQ(stored->chunk_count, 5u);
  EXPECT_EQ(stored->stored_at, at(2));
  EXPECT_EQ(stored->embedding_model, "model-a");
  const auto chunks = articles().chunks(sent.key).value();
  ASSERT_EQ(chunks.size(), 5u);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const model::ChunkMetadata& got = chunks[i].chunk.metadata;
    const model::ChunkMetadata& want = sent.chunks[i].chunk.metadata;
    EXPECT_EQ(chunks[i].chunk.text, sent.chunks[i].chunk.text);
    EXPECT_EQ(chunks[i].chunk.body_offset, sent.chunks[i].chunk.body_offset);
    EXPECT_EQ(chunks[i].vector, sent.chunks[i].vector);
    EXPECT_TRUE(same_article_metadata(got, want));
    EXPECT_EQ(got.section, want.section);
    EXPECT_EQ(got.subsection, want.subsection);
    EXPECT_EQ(got.subsubsection, want.subsubsection);
    EXPECT_EQ(got.type, want.type);
    EXPECT_EQ(got.content_length, want.content_length);
    EXPECT_EQ(got.index, i);
    EXPECT_EQ(got.is_title_chunk, want.is_title_chunk);
  }
}

TEST_P(ArticleStoreContract, WhatWasNeverSeenIsEmpty) {
  EXPECT_FALSE(find("a").has_value());
  EXPECT_TRUE(articles().find_all(ArticleId("a")).value().empty());
  EXPECT_TRUE(texts("a").empty());
  EXPECT_TRUE(articles().list("", 0, 10).value().empty());
}

TEST_P(ArticleStoreContract, PublishReplacesOneLocaleOnly) {
  ASSERT_TRUE(articles().publish(make_revision("a", "old", 4, at(1)), at(1)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("a", "vieux", 2, at(1), "fr"), at(1)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("a", "new", 2, at(2)), at(2)).has_value());
  EXPECT_EQ(texts("a").size(), 2u);
  EXPECT_NE(texts("a")[0].find("new 0"), std::string::npos);
  EXPECT_NE(texts("a", "fr")[0].find("vieux 0"), std::string::npos);
  const StoreCounts counts = articles().counts().value();
  EXPECT_EQ(counts.articles, 2u);
  EXPECT_EQ(counts.chunks, 4u);
}

TEST_P(ArticleStoreContract, AnArticleMayHaveNoChunks) {
  ASSERT_TRUE(articles().publish(make_revision("a", "", 0, at(1)), at(1)).has_value());
  EXPECT_EQ(find("a")->chunk_count, 0u);
  EXPECT_TRUE(texts("a").empty());
}

TEST_P(ArticleStoreContract, AnUndatedRevisionKeepsTheTimeOfTheOneItReplaces) {
  ASSERT_TRUE(articles().publish(make_revision("a", "dated", 1, at(5)), at(5)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("a", "undated", 1), at(6)).has_value());
  EXPECT_EQ(find("a")->updated_at, at(5));
}

TEST_P(ArticleStoreContract, ARevisionThatBreaksItsPromiseChangesNothing) {
  ASSERT_TRUE(articles().publish(make_revision("a", "old", 2, at(1)), at(1)).has_value());
  Revision gap = make_revision("a", "new", 2, at(2));
  gap.chunks[1].chunk.metadata.index = 7;
  Revision mixed = make_revision("a", "new", 2, at(2));
  mixed.chunks[1].chunk.metadata.title = "another";
  Revision stray = make_revision("a", "new", 2, at(2));
  stray.key.id = ArticleId("b");
  Revision nowhere = make_revision("a", "new", 0, at(2), "");
  for (const Revision& broken : {gap, mixed, stray, nowhere}) {
    const auto refused = articles().publish(broken, at(2));
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().kind, ErrorKind::kBug);
  }
  EXPECT_NE(texts("a").at(0).find("old 0"), std::string::npos);
}

TEST_P(ArticleStoreContract, RemoveTakesAllLocalesAndRemembersForAll) {
  ASSERT_TRUE(articles().publish(make_revision("a", "en", 2, at(1)), at(1)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("a", "fr", 2, at(3), "fr"), at(3)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("b", "en", 1, at(1)), at(1)).has_value());
  ASSERT_TRUE(articles().remove(ArticleId("a"), at(9), at(10)).has_value());
  store_->reopen();
  for (const char* locale : {"en", "fr", "es"}) {
    const auto tombstone = find("a", locale);
    ASSERT_TRUE(tombstone.has_value()) << locale;
    EXPECT_FALSE(tombstone->live);
    EXPECT_EQ(tombstone->key.locale, locale);
    EXPECT_EQ(tombstone->updated_at, at(9));
    EXPECT_TRUE(tombstone->content_hash.empty());
    EXPECT_TRUE(texts("a", locale).empty());
  }
  EXPECT_EQ(articles().find_all(ArticleId("a")).value().size(), 1u);
  EXPECT_TRUE(find("b")->live);
  EXPECT_EQ(articles().counts().value().chunks, 1u);
}

TEST_P(ArticleStoreContract, ATombstoneTimeNeverFalls) {
  ASSERT_TRUE(articles().remove(ArticleId("a"), at(9), at(10)).has_value());
  ASSERT_TRUE(articles().remove(ArticleId("a"), at(5), at(11)).has_value());
  ASSERT_TRUE(articles().remove(ArticleId("a"), std::nullopt, at(12)).has_value());
  EXPECT_EQ(find("a")->updated_at, at(9));
  ASSERT_TRUE(articles().remove(ArticleId("a"), at(20), at(13)).has_value());
  EXPECT_EQ(find("a")->updated_at, at(20));
}

TEST_P(ArticleStoreContract, RemovingTheUnknownWithoutATimeRemembersNothing) {
  ASSERT_TRUE(articles().remove(ArticleId("a"), std::nullopt, at(1)).has_value());
  EXPECT_FALSE(find("a").has_value());
}

TEST_P(ArticleStoreContract, ALocaleThatComesBackLeavesTheTombstoneForTheOthers) {
  ASSERT_TRUE(articles().remove(ArticleId("a"), at(9), at(10)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("a", "back", 1, at(12)), at(12)).has_value());
  EXPECT_TRUE(find("a")->live);
  EXPECT_FALSE(find("a", "fr")->live);
  const auto all = articles().find_all(ArticleId("a")).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].live);
  EXPECT_FALSE(all[1].live);
  EXPECT_EQ(all[1].updated_at, at(9));
}

TEST_P(ArticleStoreContract, ListPagesByKeyAndBySource) {
  for (const char* id : {"d", "b", "a", "c"}) {
    Revision revision = make_revision(id, "x", 1, at(1));
    if (*id == 'b' || *id == 'd') revision.source = "import";
    for (auto& chunk : revision.chunks) chunk.chunk.metadata.source = revision.source;
    ASSERT_TRUE(articles().publish(revision, at(1)).has_value());
  }
  ASSERT_TRUE(articles().publish(make_revision("a", "x", 1, at(1), "de"), at(1)).has_value());
  ASSERT_TRUE(articles().remove(ArticleId("z"), at(1), at(1)).has_value());
  const auto ids = [&](const std::string& source, std::size_t offset, std::size_t limit) {
    std::string joined;
    for (const StoredRevision& revision : articles().list(source, offset, limit).value()) {
      joined += revision.key.id.value() + "." + revision.key.locale + " ";
    }
    return joined;
  };
  EXPECT_EQ(ids("", 0, 10), "a.de a.en b.en c.en d.en ");
  EXPECT_EQ(ids("", 1, 2), "a.en b.en ");
  EXPECT_EQ(ids("", 5, 2), "");
  EXPECT_EQ(ids("import", 0, 10), "b.en d.en ");
  EXPECT_EQ(ids("import", 1, 10), "d.en ");
}

TEST_P(ArticleStoreContract, ForEachVisitsLiveRevisionsAndHidesOtherModelsVectors) {
  ASSERT_TRUE(articles().publish(make_revision("a", "x", 2, at(1)), at(1)).has_value());
  Revision other = make_revision("b", "x", 1, at(1));
  other.embedding_model = "model-b";
  ASSERT_TRUE(articles().publish(other, at(1)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("gone", "x", 1, at(1)), at(1)).has_value());
  ASSERT_TRUE(articles().remove(ArticleId("gone"), at(2), at(2)).has_value());
  std::map<std::string, std::vector<model::EmbeddedChunk>> seen;
  const auto visited =
      articles().for_each("model-a", [&](const model::ArticleKey& key, auto&& chunks) -> Result<void> {
        seen[key.id.value()] = std::move(chunks);
        return {};
      });
  ASSERT_TRUE(visited.has_value());
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen["a"].size(), 2u);
  EXPECT_EQ(seen["a"][1].vector, make_revision("a", "x", 2).chunks[1].vector);
  EXPECT_EQ(seen["b"][0].chunk.text, other.chunks[0].chunk.text);
  EXPECT_TRUE(seen["b"][0].vector.empty());
}

TEST_P(ArticleStoreContract, ForEachStopsAtTheVisitorsError) {
  ASSERT_TRUE(articles().publish(make_revision("a", "x", 1), at(1)).has_value());
  ASSERT_TRUE(articles().publish(make_revision("b", "x", 1), at(1)).has_value());
  int visits = 0;
  const auto stopped = articles().for_each("model-a", [&](const model::ArticleKey&, auto&&) -> Result<void> {
    ++visits;
    return fail(ErrorKind::kCancelled, "enough");
  });
  ASSERT_TRUE(stopped.has_error());
  EXPECT_EQ(stopped.error().message, "enough");
  EXPECT_EQ(visits, 1);
}

TEST_P(ArticleStoreContract, TheVisitorMayWrite) {
  ASSERT_TRUE(articles().publish(make_revision("a", "x", 1, at(1)), at(1)).has_value());
  const auto visited = articles().for_each("model-b", [&](const model::ArticleKey&, auto&&) {
    return articles().publish(make_revision("a", "again", 2, at(1)), at(2));
  });
  ASSERT_TRUE(visited.has_value());
  EXPECT_EQ(texts("a").size(), 2u);
}

TEST_P(ArticleStoreContract, ReadersSeeOneRevisionOrTheOtherNeverBoth) {
  ASSERT_TRUE(articles().publish(make_revision("a", "even", 3, at(0)), at(0)).has_value());
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  const auto read_all = [&] {
    while (!done) {
      const std::vector<std::string> read = texts("a");
      const bool even = !read.empty() && read[0].find("even") != std::string::npos;
      if (read.size() != (even ? 3u : 5u)) ++torn;
      for (const std::string& text : read) torn += (text.find("even") != std::string::npos) != even;
    }
  };
  std::thread first(read_all);
  std::thread second(read_all);
  for (int i = 1; i <= 40; ++i) {
    const bool even = i % 2 == 0;
    EXPECT_TRUE(articles()
                    .publish(make_revision("a", even ? "even" : "odd", even ? 3 : 5, at(i)), at(i))
                    .has_value());
  }
  done = true;
  first.join();
  second.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace wellspring::store
