#pragma once

#include <memory>
#include <string>
#include <string_view>

struct sb_stemmer;

namespace wellspring::text {

/// A Snowball stemmer. Not thread-safe.
class Stemmer {
 public:
  /// `language` is an ISO 639-1 code. A language that Snowball does not know leaves words as they are.
  explicit Stemmer(const std::string& language);

  /// The stem of a folded word.
  std::string stem(std::string_view word);

  static bool knows(const std::string& language);

 private:
  struct Delete {
    void operator()(sb_stemmer* stemmer) const;
  };
  std::unique_ptr<sb_stemmer, Delete> stemmer_;
};

}  // namespace wellspring::text
