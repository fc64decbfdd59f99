#include "http/accept_language.hpp"

#include <gtest/gtest.h>

namespace wellspring::http {
namespace {

using Tags = std::vector<std::string>;

TEST(AcceptedLanguages, AreOrderedByQualityThenAsWritten) {
  EXPECT_EQ(accepted_languages("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5"),
            (Tags{"fr-CH", "fr", "en", "de", "*"}));
  EXPECT_EQ(accepted_languages("en;q=0.1,es;q=0.123,fr;q=1.000,de,it;q=0.12"),
            (Tags{"fr", "de", "es", "it", "en"}));
  EXPECT_EQ(accepted_languages("da"), Tags{"da"});
}

TEST(AcceptedLanguages, BlanksEmptyItemsAndCaseDoNotMatter) {
  EXPECT_EQ(accepted_languages(" , EN-us ;\tQ=0.5 ,, pt-br ; q=0.6,"), (Tags{"pt-BR", "en-US"}));
}

TEST(AcceptedLanguages, QualityZeroIsNotAcceptable) {
  EXPECT_EQ(accepted_languages("fr;q=0, en;q=0.000, es;q=0.001, *;q=0."), Tags{"es"});
}

TEST(AcceptedLanguages, WhatIsIllFormedIsLeftOut) {
  for (const char* bad : {"",        " ",         ",",          ";q=1",       "f",
                          "fr;q",    "fr;q=",     "fr;q=2",     "fr;q=1.001", "fr;q=0.1234",
                          "fr;q=.5", "fr;q=-1",   "fr;level=1", "fr_FR",      "*-CH",
                          "fr-",     "abcdefghi", "fr;q=1;x=1", "fr q=1",     "<script>"}) {
    const Tags tags = accepted_languages(bad);
    EXPECT_TRUE(tags.empty()) << bad;
  }
  EXPECT_EQ(accepted_languages("nonsense!, fr;q=x, es"), Tags{"es"});
}

TEST(AcceptedLanguages, OfVeryManyTheFirstAreRead) {
  std::string field;
  for (int i = 0; i < 10'000; ++i) field += "en,";
  EXPECT_EQ(accepted_languages(field + "fr").size(), 32U);
}

TEST(ReaderLocale, IsTheMostWantedLanguageThatSomethingIsWrittenIn) {
  const Tags available{"en", "es", "fr-CA"};
  EXPECT_EQ(reader_locale("de, es-MX;q=0.8, en;q=0.5", available, "en"), "es-MX");
  EXPECT_EQ(reader_locale("fr", available, "en"), "fr");
  EXPECT_EQ(reader_locale("en-US,en;q=0.9", available, "es"), "en-US");
}

TEST(ReaderLocale, IsTheDefaultWhenNothingSuitsOrAnythingDoes) {
  const Tags available{"en", "es"};
  EXPECT_EQ(reader_locale("de-DE, de;q=0.9", available, "en"), "en");
  EXPECT_EQ(reader_locale("", available, "es"), "es");
  EXPECT_EQ(reader_locale("*, es;q=0.5", available, "en"), "en");
  EXPECT_EQ(reader_locale("fr", {}, "en"), "en");
}

}  // namespace
}  // namespace wellspring::http
