#pragma once

#include <string>

#include "base/result.hpp"

namespace wellspring::app {

/// The folder of the model installed with the program: `share/wellspring/models/...` beside its prefix, or
/// the set-up's folder in a source tree. kNotFound says how to install it.
Result<std::string> installed_model_dir();

}  // namespace wellspring::app
