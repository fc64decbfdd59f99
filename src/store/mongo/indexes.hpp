#pragma once

#include "store/mongo/names.hpp"
#include "store/mongo/session.hpp"

namespace wellspring::store::mongo {

/// Creates what indexes are missing, each through the pool of its collection's user. Throws Failure that
/// names the collection and the index: kConflict when another index stands in the way, or rows break a unique
/// one.
void ensure_indexes(Channel& vector, Channel& app, Channel& sources, const Names& names);

}  // namespace wellspring::store::mongo
