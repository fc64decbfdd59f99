#include "embed/piece_trie.hpp"

#include <utility>

namespace wellspring::embed {
namespace {

constexpr std::size_t kInitialSlots = 1024;
constexpr std::uint32_t kRoots = 2;

}  // namespace

PieceTrie::PieceTrie() : edges_(kInitialSlots), piece_ids_(kRoots, -1) {}

std::size_t PieceTrie::slot_of(std::uint32_t key) const {
  // Fibonacci hashing: the high bits of the product depend on all bits of the key. The table is never full.
  const std::size_t mask = edges_.size() - 1;
  auto slot = static_cast<std::size_t>((key * std::uint64_t{0x9E3779B97F4A7C15}) >> 32) & mask;
  while (edges_[slot].child != 0 && edges_[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

bool PieceTrie::insert(Root root, std::string_view piece, std::int32_t id) {
  auto node = static_cast<std::uint32_t>(root);
  for (const char byte : piece) {
    std::uint32_t next = child_of(node, byte);
    if (next == 0) {
      if (piece_ids_.size() == kMaxNodes) return false;
      if (2 * piece_ids_.size() > edges_.size()) grow();
      next = static_cast<std::uint32_t>(piece_ids_.size());
      piece_ids_.push_back(-1);
      const std::uint32_t key = edge_key(node, byte);
      edges_[slot_of(key)] = {key, next};
    }
    node = next;
  }
  piece_ids_[node] = id;
  return true;
}

void PieceTrie::grow() {
  std::vector<Edge> old(edges_.size() * 2);
  old.swap(edges_);
  for (const Edge& edge : old) {
    if (edge.child != 0) edges_[slot_of(edge.key)] = edge;
  }
}

PieceTrie::Match PieceTrie::longest(Root root, std::string_view text) const {
  Match match;
  auto node = static_cast<std::uint32_t>(root);
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = child_of(node, text[i]);
    if (node == 0) break;
    if (piece_ids_[node] >= 0) match = {piece_ids_[node], i + 1};
  }
  return match;
}

}  // namespace wellspring::embed
