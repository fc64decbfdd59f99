#pragma once

#include "store/sqlite/database.hpp"

namespace wellspring::store::sqlite {

/// Sets the file's durability and brings its schema to the version this program knows, creating it in an
/// empty file. Throws Failure: kUnsupported for a newer schema or for a database of another program.
void migrate(Connection& connection);

}  // namespace wellspring::store::sqlite
