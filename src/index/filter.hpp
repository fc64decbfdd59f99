#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/chunk.hpp"
#include "model/query.hpp"

namespace wellspring::index {

/// A filter with its member names looked up. Members are named and spelled as in the wire form of metadata
/// (contract 4.3): numbers in decimal, booleans as `true` and `false`, times in ISO 8601. A member that is
/// unknown or null matches nothing, and so does a condition without values. `extra` members never hide a
/// contract member. Refers to the filter, which must outlive it.
class Matcher {
 public:
  explicit Matcher(const model::Filter& filter);
  /// True when every condition holds.
  bool matches(const model::ChunkMetadata& metadata) const;

 private:
  /// The value of one member, null when absent. A value that has no text of its own is written to `scratch`.
  using Read = std::optional<std::string_view> (*)(const model::ChunkMetadata& metadata,
                                                   std::string& scratch);
  struct Member;
  struct Condition {
    const model::FieldMatch* wanted = nullptr;
    Read read = nullptr;  ///< null for `categories` and for `extra` members
  };
  static const Member kMembers[];
  static Read reader_of(std::string_view name);
  static bool holds(const Condition& condition, const model::ChunkMetadata& metadata);

  std::vector<Condition> conditions_;
};

}  // namespace wellspring::index
