#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wellspring::index {

using TermId = std::uint32_t;
inline constexpr TermId kNoTerm = 0xFFFFFFFF;

/// Numbers terms 0, 1, 2, ... in the order in which they were first added. All spellings share one string;
/// the hash table holds ids only (open addressing, linear probing, at most half full).
class TermDictionary {
 public:
  TermDictionary();

  /// The id of a term, new or not.
  TermId add(std::string_view term);
  /// kNoTerm when it was never added.
  TermId find(std::string_view term) const;
  std::string_view term(TermId id) const {
    return std::string_view(arena_).substr(starts_[id], starts_[id + 1] - starts_[id]);
  }
  std::size_t size() const { return starts_.size() - 1; }
  /// Gives back memory kept for growth.
  void freeze();

 private:
  std::size_t slot_of(std::string_view term) const;
  void grow();

  std::string arena_;
  std::vector<std::uint32_t> starts_;  // one more than there are terms
  std::vector<TermId> table_;
};

}  // namespace wellspring::index
