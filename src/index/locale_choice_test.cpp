#include "index/locale_choice.hpp"

#include <gtest/gtest.h>

namespace wellspring::index {
namespace {

using Locales = std::vector<std::string>;

/// The locales, best first.
Locales in_order(const Locales& locales, const std::string& reader, const std::string& otherwise) {
  const std::vector<std::size_t> ranks = rank_locales(locales, reader, otherwise);
  Locales ordered(locales.size());
  for (std::size_t at = 0; at < locales.size(); ++at) ordered.at(ranks[at]) = locales[at];
  return ordered;
}

TEST(RankLocales, PutsTheReadersLanguageFirstThenTheDefaultsThenTheOthersInOrder) {
  const Locales locales{"de", "en", "en-GB", "fr", "fr-BE", "fr-CA", "it"};
  EXPECT_EQ(in_order(locales, "fr-CA", "en"), (Locales{"fr-CA", "fr", "fr-BE", "en", "en-GB", "de", "it"}));
  EXPECT_EQ(in_order(locales, "fr", "de"), (Locales{"fr", "fr-BE", "fr-CA", "de", "en", "en-GB", "it"}));
  EXPECT_EQ(in_order(locales, "nl", "en-GB"), (Locales{"en-GB", "en", "de", "fr", "fr-BE", "fr-CA", "it"}));
  EXPECT_EQ(in_order(locales, "en", "en"), (Locales{"en", "en-GB", "de", "fr", "fr-BE", "fr-CA", "it"}));
}

TEST(RankLocales, TwoSpellingsOfOneTagAreOrderedAllTheSame) {
  EXPECT_EQ(in_order({"pt-BR", "pt_BR"}, "pt-BR", "en"), (Locales{"pt-BR", "pt_BR"}));
  EXPECT_TRUE(rank_locales(Locales{}, "en", "en").empty());
}

}  // namespace
}  // namespace wellspring::index
