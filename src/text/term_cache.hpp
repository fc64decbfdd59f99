#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace wellspring::text {

/// Remembers the terms of recent short words: a direct-mapped table of fixed size, where a new word takes the
/// place of the one in its slot. An empty term means that the word has none. Not thread-safe.
class TermCache {
 public:
  /// Longer words and terms are not kept.
  static constexpr std::size_t kWordBytes = 23;

  TermCache() : slots_(kSlots) {}

  /// Null when the word is not there. The view lives until the next put().
  const std::string_view* find(std::string_view word) {
    const Slot& slot = slots_[slot_of(word)];
    if (slot.word_size != word.size() || std::memcmp(slot.word.data(), word.data(), word.size()) != 0)
      return nullptr;
    found_ = {slot.term.data(), slot.term_size};
    return &found_;
  }

  void put(std::string_view word, std::string_view term) {
    if (word.size() > kWordBytes || term.size() > kWordBytes) return;
    Slot& slot = slots_[slot_of(word)];
    slot.word_size = static_cast<std::uint8_t>(word.size());
    slot.term_size = static_cast<std::uint8_t>(term.size());
    std::memcpy(slot.word.data(), word.data(), word.size());
    std::memcpy(slot.term.data(), term.data(), term.size());
  }

 private:
  // 48 bytes each, 1.5 MiB in all.
  static constexpr std::size_t kSlots = 32'768;

  struct Slot {
    std::uint8_t word_size = 0;
    std::uint8_t term_size = 0;
    std::array<char, kWordBytes> word{};
    std::array<char, kWordBytes> term{};
  };

  /// FNV-1a, folded to the table's size.
  static std::size_t slot_of(std::string_view word) {
    std::uint32_t hash = 2166136261u;
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return (hash ^ (hash >> 15)) % kSlots;
  }

  std::vector<Slot> slots_;
  std::string_view found_;
};

}  // namespace wellspring::text
