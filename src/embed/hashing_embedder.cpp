#include "embed/hashing_embedder.hpp"

#include <utf8proc.h>

#include <cstdint>
#include <utility>

#include "base/utf8.hpp"
#include "embed/unit_vector.hpp"

namespace wellspring::embed {
namespace {

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
constexpr std::uint64_t kFnvOffset = 0xCBF29CE484222325;
constexpr std::uint64_t kFnvPrime = 0x100000001B3;

bool is_word_part(utf8proc_category_t category) {
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO);
}

/// Calls `take(hash)` for each run of letters, marks and digits, lower-cased.
template <class Take>
void for_each_word(std::string_view bytes, Take take) {
  const std::string text = sanitize_utf8(bytes);
  const auto* data = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  std::uint64_t hash = kFnvOffset;
  bool in_word = false;
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t c = 0;
    i += static_cast<std::size_t>(
        utf8proc_iterate(data + i, static_cast<utf8proc_ssize_t>(text.size() - i), &c));
    if (is_word_part(utf8proc_category(c))) {
      hash = (hash ^ static_cast<std::uint32_t>(utf8proc_tolower(c))) * kFnvPrime;
      in_word = true;
    } else if (std::exchange(in_word, false)) {
      take(std::exchange(hash, kFnvOffset));
    }
  }
  if (in_word) take(hash);
}

std::vector<float> embed_one(std::string_view text) {
  constexpr std::size_t kWords = HashingEmbedder::kMaxTokens - 2;
  std::vector<float> vector(HashingEmbedder::kDimension, 0.0F);
  std::size_t words = 0;
  for_each_word(text, [&](std::uint64_t hash) {
    // The high bits are the better mixed ones.
    if (words++ < kWords) vector[(hash >> 32) % vector.size()] += (hash >> 31 & 1) != 0 ? 1.0F : -1.0F;
  });
  // A text without words, or whose words cancel out, still needs a direction.
  if (!scale_to_unit(vector)) vector[0] = 1;
  return vector;
}

}  // namespace

Result<std::vector<std::vector<float>>> HashingEmbedder::embed(
    std::span<const std::string_view> texts) const {
  std::vector<std::vector<float>> vectors;
  vectors.reserve(texts.size());
  for (const std::string_view text : texts) vectors.push_back(embed_one(text));
  return vectors;
}

std::size_t HashingEmbedder::count_tokens(std::string_view text) const {
  std::size_t words = 0;
  for_each_word(text, [&](std::uint64_t) { ++words; });
  return words;
}

}  // namespace wellspring::embed
