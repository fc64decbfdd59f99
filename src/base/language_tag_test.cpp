#include "base/language_tag.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace wellspring {
namespace {

TEST(NormalLanguageTag, SpellsTagsInOneWay) {
  for (const auto& [text, tag] :
       std::vector<std::pair<std::string, std::string>>{{"en", "en"},
                                                        {"EN", "en"},
                                                        {"pt_br", "pt-BR"},
                                                        {"zh-hant-tw", "zh-Hant-TW"},
                                                        {"ZH_HANT", "zh-Hant"},
                                                        {"es-419", "es-419"},
                                                        {"gsw", "gsw"},
                                                        {"sl-rozaj-biske", "sl-rozaj-biske"},
                                                        {"de-1996", "de-1996"},
                                                        {"en-CA-x-CA-Latn", "en-CA-x-ca-latn"}}) {
    ASSERT_TRUE(normal_language_tag(text).has_value()) << text;
    EXPECT_EQ(*normal_language_tag(text), tag);
    EXPECT_EQ(normal_language_tag(tag), tag) << "once is enough";
  }
}

TEST(NormalLanguageTag, RefusesWhatIsNoTag) {
  for (const std::string& text :
       {std::string(), std::string("e"), std::string("1a"), std::string("en-"), std::string("-en"),
        std::string("en--CA"), std::string("en CA"), std::string("../../etc"), std::string("fr\0x", 4),
        std::string("fran\xc3\xa7"), std::string("abcdefghi"), std::string("en-abcdefghi"), std::string("*"),
        std::string("en") + std::string(40, '-'), std::string("x-private")}) {
    EXPECT_EQ(normal_language_tag(text), std::nullopt) << text;
  }
}

/// Nearest first; other languages are left out.
std::vector<std::string> nearest(const std::string& wanted, std::vector<std::string> tags) {
  std::erase_if(tags, [&](const std::string& tag) { return language_nearness(tag, wanted) == 0; });
  std::stable_sort(tags.begin(), tags.end(), [&](const std::string& a, const std::string& b) {
    return language_nearness(a, wanted) > language_nearness(b, wanted);
  });
  return tags;
}

TEST(LanguageNearness, PrefersTheTagItselfThenItsLanguageThenSiblings) {
  using Tags = std::vector<std::string>;
  EXPECT_EQ(nearest("fr-CA", {"en", "fr-FR", "fr", "fr-CA", "es"}), (Tags{"fr-CA", "fr", "fr-FR"}));
  EXPECT_EQ(nearest("fr", {"fr-FR", "en", "fr"}), (Tags{"fr", "fr-FR"}));
  EXPECT_EQ(nearest("zh-Hant-TW", {"zh-Hans-TW", "zh", "zh-Hant", "zh-Hant-HK"}),
            (Tags{"zh-Hant", "zh-Hant-HK", "zh", "zh-Hans-TW"}));
  EXPECT_EQ(nearest("pt", {"pt_BR"}), (Tags{"pt_BR"}));
  EXPECT_EQ(nearest("PT_br", {"pt", "pt-BR"}), (Tags{"pt-BR", "pt"}));
}

TEST(LanguageNearness, OtherLanguagesAreNotNearAtAll) {
  EXPECT_EQ(language_nearness("en-US", "fr-US"), 0);
  EXPECT_EQ(language_nearness("f", "fr"), 0);
  EXPECT_EQ(language_nearness("", "fr"), 0);
  EXPECT_EQ(language_nearness("fr", ""), 0);
  EXPECT_GT(language_nearness("fr-a-b-c-d-e-f-g-h-i-j", "fr"), 0);
}

}  // namespace
}  // namespace wellspring
