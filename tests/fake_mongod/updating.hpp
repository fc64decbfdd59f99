#pragma once

#include <optional>
#include <string_view>

#include "fake_mongod/document.hpp"

namespace wellspring::testing {

// MongoDB's update language as far as this server needs it. Pure functions.

/// A copy with the value at a dotted path set, or removed when there is none. Missing documents on the way
/// are made; anything else on the way gives PathNotViable.
Document with_path(const bson_t& document, std::string_view path, const std::optional<bson_value_t>& value);

enum class Occasion { kUpdate, kUpsertInsert };

/// The document after $set, $setOnInsert (on kUpsertInsert), $unset, $inc, $min, $max and $push, or after
/// replacement, which keeps its _id. Throws FailedToParse for another operator and ImmutableField for a
/// changed _id.
Document updated(const bson_t& document, const bson_t& update, Occasion occasion);

}  // namespace wellspring::testing
