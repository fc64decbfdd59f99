#include "text/analyzer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace wellspring::text {
namespace {

using Terms = std::vector<std::string>;

Terms terms_of(std::string_view text, std::string_view locale = "en") {
  Terms terms;
  analyze(text, locale, terms);
  return terms;
}

TEST(Analyzer, FoldsStemsAndDropsStopWords) {
  EXPECT_EQ(terms_of("The Wallets ARE connecting to a network"), (Terms{"wallet", "connect", "network"}));
  EXPECT_EQ(terms_of("connected", "en-US"), terms_of("CONNECTING", "EN_gb"));
}

TEST(Analyzer, AppendsInOrderWithDuplicates) {
  Terms terms{"before"};
  analyze("block chain block", "en", terms);
  EXPECT_EQ(terms, (Terms{"before", "block", "chain", "block"}));
}

TEST(Analyzer, EnglishApostrophesJoin) {
  EXPECT_EQ(terms_of("don't author's Author\u2019s authors' 'quoted'"),
            (Terms{"dont", "author", "author", "author", "quot"}));
}

TEST(Analyzer, NamesWithDigitsAndMarksStayWhole) {
  EXPECT_EQ(terms_of("MWEB v0.21.2 C++ C# 3.5, BIP141. state-of-mind max_tokens"),
            (Terms{"mweb", "v0.21.2", "c++", "c#", "3.5", "bip141", "state", "mind", "max", "token"}));
}

TEST(Analyzer, FoldsUnicode) {
  EXPECT_EQ(terms_of("\uff2d\uff37\uff25\uff22 STRASSE", "xx"), (Terms{"mweb", "strasse"}));
  EXPECT_EQ(terms_of("Stra\u00dfe", "xx"), (Terms{"strasse"}));
  EXPECT_EQ(terms_of("\u03a3\u0391\u03a3", "xx"), terms_of("\u03c3\u03b1\u03c2", "xx"));
  EXPECT_EQ(terms_of("cafe\u0301", "xx"), (Terms{"caf\u00e9"}));
  EXPECT_EQ(terms_of("na\u00efve caf\u00e9"), terms_of("naive cafe"));
  EXPECT_EQ(terms_of("soft\u00adware"), terms_of("software"));
}

TEST(Analyzer, OtherLanguagesHaveTheirStemsAndStopWords) {
  EXPECT_EQ(terms_of("L'homme et les femmes", "fr"), (Terms{"homm", "femm"}));
  EXPECT_EQ(terms_of("las publicaciones", "es"), terms_of("publicaci\u00f3n", "es"));
  EXPECT_EQ(terms_of("die H\u00e4user", "de"), terms_of("Haus", "de"));
  EXPECT_EQ(terms_of("dell'arte", "it"), terms_of("arte", "it"));
  EXPECT_EQ(terms_of("as redes", "pt"), terms_of("rede", "pt"));
  EXPECT_EQ(terms_of("\u043a\u043d\u0438\u0433\u0438", "ru"),
            terms_of("\u043a\u043d\u0438\u0433\u0430", "ru"));
  EXPECT_EQ(terms_of("b\u00f8kene", "nb"), terms_of("b\u00f8kene", "no"));
}

TEST(Analyzer, AnUnknownLocaleOnlyFoldsAndSplits) {
  for (const char* locale : {"", "xx", "porter", "english", "-", "e"}) {
    EXPECT_EQ(terms_of("The Wallets it's", locale), (Terms{"the", "wallets", "it", "s"})) << locale;
  }
}

TEST(Analyzer, CjkGivesPairs) {
  EXPECT_EQ(terms_of("\u65e5\u672c\u8a9e\u3001wallet\u6c34", "ja"),
            (Terms{"\u65e5\u672c", "\u672c\u8a9e", "wallet", "\u6c34"}));
  EXPECT_EQ(terms_of("\u6771 \u4eac", "en"), (Terms{"\u6771", "\u4eac"}));
}

TEST(Analyzer, SurvivesAnyBytes) {
  EXPECT_EQ(terms_of(std::string("a\xff\xfe wallet\xe6\0x", 13)), (Terms{"wallet", "x"}));
  EXPECT_TRUE(terms_of("\xed\xa0\x80 \xf8 \U0001F680 ... ++ #").empty());
}

TEST(Analyzer, CutsVeryLongWords) {
  const Terms terms = terms_of(std::string(1 << 20, 'z'));
  ASSERT_EQ(terms.size(), 1u);
  EXPECT_LE(terms[0].size(), 128u);
}

TEST(Analyzer, CachedTermsAreThoseOfTheFirstTime) {
  std::string text;
  for (int i = 0; i < 30'000; ++i)
    text += "running" + std::to_string(i) + " walkings w" + std::to_string(i % 977) + "s ";
  const Terms first = terms_of(text);
  EXPECT_EQ(terms_of(text), first);
}

TEST(Analyzer, ThreadsDoNotDisturbEachOther) {
  const Terms expected = terms_of("connecting wallets caf\u00e9");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) EXPECT_EQ(terms_of("connecting wallets caf\u00e9"), expected);
    });
  }
}

}  // namespace
}  // namespace wellspring::text
