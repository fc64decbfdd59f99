#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fake_mongod/document.hpp"

namespace wellspring::testing {

/// An index as createIndexes gave it. Only a unique one does anything: it refuses a second document with
/// equal keys. An array counts as one key.
struct Index {
  std::string name;
  Document specification;  ///< {v, key, name, unique?, sparse?, partialFilterExpression?}
  bool unique = false;
  std::unordered_map<std::string, std::uint64_t> places;  ///< unique: encoded keys to place
};

/// The documents of one collection in the order in which they came, by place. Not thread-safe.
class Collection {
 public:
  explicit Collection(std::string ns);

  const std::string& ns() const { return ns_; }
  const std::vector<Index>& indexes() const { return indexes_; }

  /// The places that match, in order; at most `limit`, where 0 means all.
  std::vector<std::uint64_t> find(const bson_t& filter, std::size_t limit = 0) const;
  const Document& at(std::uint64_t place) const { return documents_.at(place); }

  /// Gives the document an ObjectId when it has no _id. Throws DuplicateKey, and then nothing changed.
  std::uint64_t insert(const Document& document);
  void replace(std::uint64_t place, const Document& document);
  void erase(std::uint64_t place);

  /// False when the same index exists. Throws IndexOptionsConflict for another one of that name, DuplicateKey
  /// when the documents do not allow it.
  bool create_index(const Document& specification);
  /// False when there is none of that name.
  bool drop_index(const std::string& name);

 private:
  void require_free(const bson_t& document, std::optional<std::uint64_t> except) const;
  void enter(const bson_t& document, std::uint64_t place);
  void leave(const bson_t& document);

  std::string ns_;
  std::map<std::uint64_t, Document> documents_;
  std::vector<Index> indexes_;
  std::uint64_t next_place_ = 1;
};

}  // namespace wellspring::testing
