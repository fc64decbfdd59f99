// Markdown of any bytes: no chunk over the limit, every visible character of the body kept in order.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.hpp"
#include "text/chunker.hpp"
#include "text/front_matter.hpp"

namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    words += !is_space(text[i]) && (i == 0 || is_space(text[i - 1]));
  return words;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 24;
  wellspring::model::Article article;
  article.title = "Title";
  article.markdown.assign(reinterpret_cast<const char*>(data), size);
  const auto chunks = wellspring::text::chunk_article(article, {kLimit}, count_words);
  if (chunks.has_error()) return 0;
  std::string bodies;
  for (const wellspring::model::Chunk& chunk : *chunks) {
    require(count_words(chunk.text) <= kLimit);
    require(wellspring::is_valid_utf8(chunk.text));
    bodies += chunk.text.substr(chunk.body_offset);
  }
  const std::string source = wellspring::sanitize_utf8(article.markdown);
  const bool may_have_headings = source.find_first_of("#=-") != std::string::npos;
  std::size_t kept = 0;
  for (std::size_t i = 0; !may_have_headings && i < source.size(); ++i) {
    if (is_space(source[i])) continue;
    while (kept < bodies.size() && bodies[kept] != source[i]) ++kept;
    require(kept++ < bodies.size());
  }
  const auto front_matter = wellspring::text::read_front_matter(article.markdown);
  require(front_matter.has_error() || front_matter->body.size() <= size);
  return 0;
}
