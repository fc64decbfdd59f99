#pragma once

#include <optional>
#include <string>

#include "cmap_file.hpp"

namespace wellspring::cmap {

/// Runs the file once, against the pool with a factory that only pretends. What was wrong, or nothing.
std::optional<std::string> run_once(const TestFile& file);

}  // namespace wellspring::cmap
