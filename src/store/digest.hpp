#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/job.hpp"
#include "model/question.hpp"
#include "model/source.hpp"
#include "store/article_store.hpp"

namespace wellspring::store {

/// Says whether two collections hold the same items, in whatever order: the sum of two independent 64-bit
/// hashes of each item, and their count. Against accidents, not against forgery. Pure.
struct Digest {
  std::uint64_t count = 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  void add(std::string_view item);
  bool operator==(const Digest&) const = default;
};

/// 32 hexadecimal digits.
std::string hex(const Digest& digest);

/// Everything of an item as bytes, equal for equal items only.
std::string canonical(const StoredRevision& revision, const std::vector<model::EmbeddedChunk>& chunks);
/// A running job counts as queued.
std::string canonical(const model::Job& job);
std::string canonical(const model::Source& source);
std::string canonical(const model::UserQuestion& question);

}  // namespace wellspring::store
