#include "text/stop_words.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace wellspring::text {
namespace {

constexpr std::string_view kEnglish[] = {
    "a",    "an",    "and",   "are",  "as",   "at",  "be",  "by",   "for",   "from", "has", "have",
    "if",   "in",    "into",  "is",   "it",   "its", "of",  "on",   "or",    "that", "the", "their",
    "then", "there", "these", "they", "this", "to",  "was", "were", "which", "will", "with"};
constexpr std::string_view kSpanish[] = {
    "a",   "al", "como", "con", "de",  "del", "el",  "ella",     "en", "entre", "es",   "esta", "este",
    "ha",  "la", "las",  "le",  "les", "lo",  "los", "m\u00e1s", "me", "o",     "para", "pero", "por",
    "que", "se", "ser",  "si",  "sin", "son", "su",  "sus",      "un", "una",   "y"};
constexpr std::string_view kFrench[] = {
    "\u00e0", "au", "aux", "avec", "c", "ce", "ces", "d",   "dans", "de",  "des", "du", "elle", "en", "est",
    "et",     "il", "ils", "j",    "l", "la", "le",  "les", "leur", "m",   "n",   "ne", "on",   "ou", "par",
    "pour",   "qu", "que", "qui",  "s", "sa", "se",  "son", "sont", "sur", "t",   "un", "une"};
constexpr std::string_view kGerman[] = {
    "als", "am",  "an",     "auch", "auf",  "aus",   "bei",   "das",   "dass", "dem", "den",
    "der", "des", "die",    "ein",  "eine", "einem", "einen", "einer", "er",   "es",  "f\u00fcr",
    "im",  "in",  "ist",    "mit",  "nach", "oder",  "sich",  "sie",   "sind", "um",  "und",
    "von", "vor", "werden", "wie",  "wird", "zu",    "zum",   "zur"};
constexpr std::string_view kItalian[] = {
    "a",   "ad",       "agli", "ai",   "al",  "alla", "anche", "c",     "che", "come",  "con",
    "d",   "da",       "dal",  "dei",  "del", "dell", "della", "delle", "di",  "e",     "ed",
    "gli", "i",        "il",   "in",   "l",   "la",   "le",    "lo",    "nel", "nella", "o",
    "per", "pi\u00f9", "si",   "sono", "su",  "un",   "una",   "\u00e8"};
constexpr std::string_view kPortuguese[] = {
    "a",   "ao", "aos", "as",  "com", "como",     "da",   "das",  "de",     "do",
    "dos", "e",  "ela", "ele", "em",  "entre",    "foi",  "mais", "mas",    "na",
    "nas", "no", "nos", "o",   "os",  "ou",       "para", "pela", "pelo",   "por",
    "que", "se", "ser", "seu", "sua", "s\u00e3o", "um",   "uma",  "\u00e0", "\u00e9"};

// No word of the lists is longer, in bytes.
constexpr std::size_t kLongest = 7;

bool contains(const auto& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

bool is_stop_word(std::string_view language, std::string_view word) {
  if (word.size() > kLongest) return false;
  if (language == "en") return contains(kEnglish, word);
  if (language == "es") return contains(kSpanish, word);
  if (language == "fr") return contains(kFrench, word);
  if (language == "de") return contains(kGerman, word);
  if (language == "it") return contains(kItalian, word);
  if (language == "pt") return contains(kPortuguese, word);
  return false;
}

}  // namespace wellspring::text
