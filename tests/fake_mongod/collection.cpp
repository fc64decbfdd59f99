#include "fake_mongod/collection.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "fake_mongod/matching.hpp"

namespace wellspring::testing {
namespace {

/// Equal for values that compare equal, whatever the type of a number.
std::string encoded(const bson_value_t& value) {
  if (is_number(value)) {
    const double number = to_double(value);
    const bool is_whole =
        value.value_type != BSON_TYPE_DOUBLE || (std::trunc(number) == number && std::abs(number) < 9.0e18);
    return is_whole ? "i" + std::to_string(to_integer(value))
                    : "d" + std::to_string(std::bit_cast<std::uint64_t>(number));
  }
  const Document wrapped = Document().add("", value);
  const auto bytes = wrapped.bytes();
  return {bytes.begin(), bytes.end()};
}

/// Nothing when the index leaves the document out.
std::optional<std::string> keys_of(const Index& index, const bson_t& document) {
  const bson_t& specification = *index.specification;
  const auto partial = find_document(specification, "partialFilterExpression");
  if (partial && !matches(**partial, document)) {
    return std::nullopt;
  }
  const auto key = find(specification, "key");
  std::string keys;
  bool has_any = false;
  for (const Element& field : elements(*key)) {
    const auto values = values_at(document, field.key);
    has_any = has_any || !values.empty();
    keys += values.empty() ? "null" : encoded(values.front());
    keys += '\x1f';
  }
  if (!has_any && find_flag(specification, "sparse", false)) {
    return std::nullopt;
  }
  return keys;
}

CommandError duplicate_key(const std::string& ns, const Index& index, const bson_t& document) {
  Document values;
  const auto key = find(*index.specification, "key");
  for (const Element& field : elements(*key)) {
    const auto found = values_at(document, field.key);
    if (!found.empty()) {
      values.add(field.key, found.front());
    }
  }
  return {11000, "DuplicateKey",
          "E11000 duplicate key error collection: " + ns + " index: " + index.name +
              " dup key: " + values.json()};
}

Index make_index(const Document& specification) {
  const auto key = find_document(*specification, "key");
  const auto name = find_string(*specification, "name");
  if (!key || !name || elements(**key).empty()) {
    throw failed_to_parse("an index needs a key and a name");
  }
  Document kept = specification;
  if (!find(*kept, "v")) {
    kept.add("v", 2);
  }
  return {*name, kept, *name == "_id_" || find_flag(*specification, "unique", false), {}};
}

}  // namespace

Collection::Collection(std::string ns) : ns_(std::move(ns)) {
  indexes_.push_back(
      make_index(Document().add("v", 2).add("key", Document().add("_id", 1)).add("name", "_id_")));
}

std::vector<std::uint64_t> Collection::find(const bson_t& filter, std::size_t limit) const {
  std::vector<std::uint64_t> places;
  const auto id = testing::find(filter, "_id");
  if (id && !is_document(*id) && !is_array(*id)) {
    const auto& by_id = indexes_.front().places;
    const auto known = by_id.find(encoded(*id) + '\x1f');
    if (known != by_id.end() && matches(filter, *at(known->second))) {
      places.push_back(known->second);
    }
    return places;
  }
  for (const auto& [place, document] : documents_) {
    if (matches(filter, *document)) {
      places.push_back(place);
      if (places.size() == limit) {
        break;
      }
    }
  }
  return places;
}

void Collection::require_free(const bson_t& document, std::optional<std::uint64_t> except) const {
  for (const Index& index : indexes_) {
    const auto keys = index.unique ? keys_of(index, document) : std::nullopt;
    const auto holder = keys ? index.places.find(*keys) : index.places.end();
    if (holder != index.places.end() && holder->second != except) {
      throw duplicate_key(ns_, index, document);
    }
  }
}

void Collection::enter(const bson_t& document, std::uint64_t place) {
  for (Index& index : indexes_) {
    if (const auto keys = index.unique ? keys_of(index, document) : std::nullopt) {
      index.places[*keys] = place;
    }
  }
}

void Collection::leave(const bson_t& document) {
  for (Index& index : indexes_) {
    if (const auto keys = index.unique ? keys_of(index, document) : std::nullopt) {
      index.places.erase(*keys);
    }
  }
}

std::uint64_t Collection::insert(const Document& document) {
  Document stored;
  const auto id = testing::find(*document, "_id");
  if (id) {
    stored.add("_id", *id);
  } else {
    bson_oid_t fresh;
    bson_oid_init(&fresh, nullptr);
    bson_append_oid(stored.get(), "_id", -1, &fresh);
  }
  bson_copy_to_excluding_noinit(document.get(), stored.get(), "_id", nullptr);
  require_free(*stored, std::nullopt);
  const std::uint64_t place = next_place_++;
  enter(*stored, place);
  documents_.emplace(place, std::move(stored));
  return place;
}

void Collection::replace(std::uint64_t place, const Document& document) {
  require_free(*document, place);
  leave(*at(place));
  enter(*document, place);
  documents_.at(place) = document;
}

void Collection::erase(std::uint64_t place) {
  leave(*at(place));
  documents_.erase(place);
}

bool Collection::create_index(const Document& specification) {
  Index index = make_index(specification);
  for (const Index& known : indexes_) {
    const bool same_keys = compare(*testing::find(*known.specification, "key"),
                                   *testing::find(*index.specification, "key")) == 0;
    if (known.name == index.name && (!same_keys || known.unique != index.unique)) {
      throw CommandError(86, "IndexKeySpecsConflict", "another index is named " + index.name);
    }
    if (same_keys && known.name != index.name) {
      throw CommandError(85, "IndexOptionsConflict", "the index exists under the name " + known.name);
    }
    if (known.name == index.name) {
      return false;
    }
  }
  for (const auto& [place, document] : documents_) {
    const auto keys = index.unique ? keys_of(index, *document) : std::nullopt;
    if (keys && !index.places.emplace(*keys, place).second) {
      throw duplicate_key(ns_, index, *document);
    }
  }
  indexes_.push_back(std::move(index));
  return true;
}

bool Collection::drop_index(const std::string& name) {
  return std::erase_if(indexes_, [&](const Index& index) { return index.name == name && name != "_id_"; }) >
         0;
}

}  // namespace wellspring::testing
