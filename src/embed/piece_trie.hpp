#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace wellspring::embed {

/// A vocabulary that answers "the longest piece that starts here" in one walk over the bytes of the word.
/// Word-initial pieces and continuations have a root each. Immutable once filled, and then thread-safe.
class PieceTrie {
 public:
  enum class Root : std::uint32_t { kInitial = 0, kContinuation = 1 };
  struct Match {
    std::int32_t id = -1;
    std::size_t bytes = 0;  ///< 0: no piece starts here
  };

  /// Node numbers are 24 bits wide in the edge table.
  static constexpr std::size_t kMaxNodes = std::size_t{1} << 24;

  PieceTrie();
  /// False when the trie is full. A piece given twice keeps its last id.
  bool insert(Root root, std::string_view piece, std::int32_t id);
  Match longest(Root root, std::string_view text) const;

 private:
  /// One slot of an open-addressing table from (parent node, byte) to child node.
  struct Edge {
    std::uint32_t key = 0;
    std::uint32_t child = 0;  ///< 0: empty slot; no edge leads to a root
  };

  static std::uint32_t edge_key(std::uint32_t node, char byte) {
    return node << 8 | static_cast<unsigned char>(byte);
  }
  std::size_t slot_of(std::uint32_t key) const;
  std::uint32_t child_of(std::uint32_t node, char byte) const {
    return edges_[slot_of(edge_key(node, byte))].child;
  }
  void grow();

  std::vector<Edge> edges_;
  std::vector<std::int32_t> piece_ids_;  ///< by node; -1 where no piece ends
};

}  // namespace wellspring::embed
