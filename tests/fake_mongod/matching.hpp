#pragma once

#include <string_view>
#include <vector>

#include "fake_mongod/document.hpp"

namespace wellspring::testing {

// MongoDB's query language as far as this server needs it. Pure functions.

/// MongoDB's order of values across types (null < numbers < strings < documents < arrays < binary < ObjectId
/// < bool < date < timestamp); negative, zero or positive. Numbers compare by value whatever their type.
int compare(const bson_value_t& left, const bson_value_t& right);

/// The values at a dotted path, borrowed. A path through an array reaches into each of its documents, or into
/// one element by its index.
std::vector<bson_value_t> values_at(const bson_t& document, std::string_view path);

/// Whether the document meets a filter of fields (equality, or $eq $ne $gt $gte $lt $lte $in $nin $exists
/// $not), $and, $or and $nor. Throws BadValue for an operator it does not know.
bool matches(const bson_t& filter, const bson_t& document);

/// Whether `left` sorts before `right` by a specification such as {a: 1, "b.c": -1}.
bool sorts_before(const bson_t& specification, const bson_t& left, const bson_t& right);

/// The fields a projection keeps: {a: 1, "b.c": 1, _id: 0} or {a: 0}.
Document project(const bson_t& projection, const bson_t& document);

/// The fields a filter fixes by equality: what an upsert starts from.
Document equality_fields(const bson_t& filter);

bool is_operator_document(const bson_value_t& value);

}  // namespace wellspring::testing
