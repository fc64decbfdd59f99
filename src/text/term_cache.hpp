#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace wellspring::text {

/// A short word with its ASCII letters in lower case, padded with NUL: compared and hashed as three numbers.
class TermKey {
 public:
  static constexpr std::size_t kBytes = 24;

  TermKey() = default;
  /// `word` has at most kBytes bytes.
  explicit TermKey(std::string_view word) {
    std::memcpy(parts_.data(), word.data(), word.size());
    for (std::uint64_t& part : parts_) part = lower(part);
  }

  bool operator==(const TermKey& other) const {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) difference |= parts_[i] ^ other.parts_[i];
    return difference == 0;
  }

  /// Well mixed in the upper bits.
  std::uint64_t hash() const {
    std::uint64_t hash = 0;
    for (const std::uint64_t part : parts_) hash = (hash ^ part ^ (hash >> 29)) * 0x9E3779B97F4A7C15u;
    return hash;
  }

 private:
  /// Eight bytes at once: the high bit of a byte of `upper` is set where `part` has A to Z.
  static std::uint64_t lower(std::uint64_t part) {
    constexpr std::uint64_t kEach = 0x0101010101010101u;
    const std::uint64_t low_bits = part & (0x7F * kEach);
    const std::uint64_t from_a = low_bits + (0x80 - 'A') * kEach;
    const std::uint64_t after_z = low_bits + (0x7F - 'Z') * kEach;
    const std::uint64_t upper = (from_a ^ after_z) & ~part & (0x80 * kEach);
    return part | (upper >> 2);
  }

  std::array<std::uint64_t, kBytes / 8> parts_{};
};

/// Remembers the terms of recent short words: a direct-mapped table of fixed size, where a new word takes the
/// place of the one in its slot. An empty term means that the word has none. Not thread-safe.
class TermCache {
 public:
  TermCache() : slots_(std::size_t{1} << kSlotBits) {}

  /// True when the word is there; `term` then lives until the next put().
  bool find(const TermKey& key, std::string_view& term) const {
    const Slot& slot = slots_[slot_of(key)];
    if (!(slot.key == key)) return false;
    term = {slot.term.data(), slot.term_size};
    return true;
  }

  /// A term too long for its slot is not kept.
  void put(const TermKey& key, std::string_view term) {
    if (term.size() > kTermBytes) return;
    Slot& slot = slots_[slot_of(key)];
    slot.key = key;
    slot.term_size = static_cast<std::uint8_t>(term.size());
    std::memcpy(slot.term.data(), term.data(), term.size());
  }

 private:
  static constexpr unsigned kSlotBits = 15;  // 48 bytes each, 1.5 MiB
  static constexpr std::size_t kTermBytes = 23;

  struct Slot {
    TermKey key;
    std::array<char, kTermBytes> term{};
    std::uint8_t term_size = 0;
  };

  static std::size_t slot_of(const TermKey& key) { return key.hash() >> (64 - kSlotBits); }

  std::vector<Slot> slots_;
};

}  // namespace wellspring::text
