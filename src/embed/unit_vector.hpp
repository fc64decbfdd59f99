#pragma once

#include <span>

namespace wellspring::embed {

/// Scales `vector` to length 1. False, and nothing changed, when its length is zero or not finite.
bool scale_to_unit(std::span<float> vector);

}  // namespace wellspring::embed
