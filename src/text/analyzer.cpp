#include "text/analyzer.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "base/utf8.hpp"
#include "text/stemmer.hpp"
#include "text/stop_words.hpp"
#include "text/term_cache.hpp"
#include "text/words.hpp"

namespace wellspring::text {
namespace {

// Longer words are cut: a transaction id has 64 bytes, and only encoded data is longer.
constexpr std::size_t kTermBytes = 128;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

enum class Accents { kKept, kDropped };

/// NFKC with full case folding; the text itself when it cannot be mapped (not UTF-8).
std::string fold(std::string_view text, Accents accents) {
  auto options = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
  options |= accents == Accents::kDropped ? UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK : UTF8PROC_COMPOSE;
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                 static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

std::string_view cut_to_term_size(std::string_view word) {
  if (word.size() <= kTermBytes) return word;
  return word.substr(0, complete_prefix(word.substr(0, kTermBytes)));
}

/// Every two neighbouring characters of a folded run; a lone character is a term itself.
void add_pairs(std::string_view run, std::vector<std::string>& terms) {
  std::size_t first = first_code_points(run, 1).size();
  if (first == run.size()) terms.emplace_back(run);
  for (std::size_t begin = 0; begin + first < run.size();) {
    const std::size_t second = first_code_points(run.substr(begin + first), 1).size();
    terms.emplace_back(run.substr(begin, first + second));
    begin += first;
    first = second;
  }
}

/// The rules of one language. Not thread-safe: it owns a stemmer and a cache.
class Language {
 public:
  explicit Language(const std::string& code) : code_(code), stemmer_(code) {}

  void analyze(std::string_view text, std::vector<std::string>& terms) {
    WordReader reader(text, is_english() ? Apostrophe::kJoins : Apostrophe::kSplits);
    for (Word word; reader.next(word);) {
      if (word.cjk) {
        add_pairs(fold(word.text, Accents::kKept), terms);
      } else {
        add_term(word, terms);
      }
    }
  }

 private:
  bool is_english() const { return code_ == "en"; }

  void add_term(const Word& word, std::vector<std::string>& terms) {
    if (word.text.size() > TermKey::kBytes) {
      add(term_of(word), terms);
      return;
    }
    const TermKey key(word.text);
    if (std::string_view known; cache_.find(key, known)) {
      add(known, terms);
      return;
    }
    const std::string term = term_of(word);
    cache_.put(key, term);
    add(term, terms);
  }

  static void add(std::string_view term, std::vector<std::string>& terms) {
    if (!term.empty()) terms.emplace_back(term);
  }

  std::string term_of(const Word& word) {
    const std::string_view text = cut_to_term_size(word.text);
    std::string term;
    if (word.ascii) {
      term.resize(text.size());
      std::transform(text.begin(), text.end(), term.begin(), lower);
    } else {
      // Spelling English without its few accents is common; other languages' stemmers read them.
      term = fold(text, is_english() ? Accents::kDropped : Accents::kKept);
    }
    if (is_english()) drop_apostrophes(term);
    if (is_stop_word(code_, term)) return {};
    return word.plain ? stemmer_.stem(term) : term;
  }

  /// author's -> author, don't -> dont.
  static void drop_apostrophes(std::string& term) {
    for (const std::string_view ending : {"'s", "\u2019s"}) {
      if (term.ends_with(ending)) term.resize(term.size() - ending.size());
    }
    std::string kept;
    for (std::size_t i = 0; i < term.size();) {
      const std::string_view rest = std::string_view(term).substr(i);
      const std::size_t apostrophe = rest[0] == '\'' ? 1 : rest.starts_with("\u2019") ? 3 : 0;
      if (apostrophe == 0) kept += rest[0];
      i += std::max<std::size_t>(apostrophe, 1);
    }
    term = std::move(kept);
  }

  std::string code_;
  Stemmer stemmer_;
  TermCache cache_;
};

/// "fr" of "fr-CA".
std::string language_code(std::string_view locale) {
  std::string code(locale.substr(0, locale.find_first_of("-_")));
  std::transform(code.begin(), code.end(), code.begin(), lower);
  return code == "nb" || code == "nn" ? "no" : code;
}

/// Stemmers and caches are not thread-safe, so each thread has its own, at most one for each of Snowball's
/// languages and one for all others. They hold nothing but what follows from the words they met.
Language& language_of(std::string_view locale) {
  thread_local std::map<std::string, Language, std::less<>> languages;
  std::string code = language_code(locale);
  if (const auto known = languages.find(code); known != languages.end()) return known->second;
  if (!Stemmer::knows(code)) code.clear();
  return languages.try_emplace(code, code).first->second;
}

}  // namespace

void analyze(std::string_view text, std::string_view locale, std::vector<std::string>& terms) {
  language_of(locale).analyze(text, terms);
}

}  // namespace wellspring::text
