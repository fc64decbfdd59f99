#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace wellspring::embed {

inline std::filesystem::path pinned_model_folder() {
  return std::filesystem::path(WELLSPRING_PINNED_DIR) / "models/all-minilm-l6-v2";
}

inline std::filesystem::path test_data(const std::string& name) {
  return std::filesystem::path(WELLSPRING_SOURCE_DIR) / "tests/data" / name;
}

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace wellspring::embed

/// Skips the test with one line when `make setup` has not left the file.
#define WELLSPRING_NEEDS_MODEL_FILE(name)                                                 \
  if (!std::filesystem::exists(::wellspring::embed::pinned_model_folder() / (name))) {    \
    GTEST_SKIP() << ::wellspring::embed::pinned_model_folder() / (name) << " is missing"; \
  }
