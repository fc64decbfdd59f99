#include "index/term_dictionary.hpp"

#include <algorithm>
#include <functional>

namespace wellspring::index {
namespace {

constexpr std::size_t kFirstTableSize = 64;

}  // namespace

TermDictionary::TermDictionary() : starts_{0}, table_(kFirstTableSize, kNoTerm) {}

std::size_t TermDictionary::slot_of(std::string_view wanted) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(wanted)&mask;
  while (table_[slot] != kNoTerm && term(table_[slot]) != wanted) slot = (slot + 1) & mask;
  return slot;
}

TermId TermDictionary::find(std::string_view term) const {
  return table_[slot_of(term)];
}

TermId TermDictionary::add(std::string_view term) {
  std::size_t slot = slot_of(term);
  if (table_[slot] != kNoTerm) return table_[slot];
  if (2 * (size() + 1) > table_.size()) {
    grow();
    slot = slot_of(term);
  }
  const auto id = static_cast<TermId>(size());
  table_[slot] = id;
  arena_ += term;
  starts_.push_back(static_cast<std::uint32_t>(arena_.size()));
  return id;
}

void TermDictionary::freeze() {
  arena_.shrink_to_fit();
  starts_.shrink_to_fit();
}

void TermDictionary::grow() {
  table_.assign(2 * table_.size(), kNoTerm);
  for (TermId id = 0; id < size(); ++id) table_[slot_of(term(id))] = id;
}

}  // namespace wellspring::index
