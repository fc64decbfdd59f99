#pragma once

#include <string>

#include "model/metadata_json.hpp"

namespace wellspring::store::sqlite {

/// The article of a job from its stored JSON. Throws Failure, kCorrupt.
model::Article read_payload(const std::string& text);

}  // namespace wellspring::store::sqlite
