// cmap_runner DIR [--repeat N] [--missing-is-fine]
//
// Runs every JSON file of a folder in the format of the CMAP suite (Connection Monitoring and Pooling)
// against the production pool with a factory that only pretends to connect. One line a file, then "N passed,
// N failed"; a file passes when all its repeats pass.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "cmap_session.hpp"

namespace {

namespace fs = std::filesystem;
using namespace wellspring::cmap;

struct Arguments {
  fs::path folder;
  int repeat = 1;
  bool missing_is_fine = false;
};

std::optional<Arguments> parse(int count, char** values) {
  Arguments arguments;
  for (int at = 1; at < count; ++at) {
    const std::string_view value = values[at];
    if (value == "--repeat" && at + 1 < count) {
      const std::string_view number = values[++at];
      const auto [end, failed] = std::from_chars(number.begin(), number.end(), arguments.repeat);
      if (failed != std::errc{} || end != number.end() || arguments.repeat < 1) return std::nullopt;
    } else if (value == "--missing-is-fine") {
      arguments.missing_is_fine = true;
    } else if (arguments.folder.empty() && !value.starts_with("--")) {
      arguments.folder = value;
    } else {
      return std::nullopt;
    }
  }
  if (arguments.folder.empty()) return std::nullopt;
  return arguments;
}

/// What was wrong in the first repeat that failed.
std::optional<std::string> run_file(const fs::path& path, int repeat) {
  try {
    const TestFile file = read_test_file(path);
    for (int round = 1; round <= repeat; ++round) {
      if (auto wrong = run_once(file)) return fmt::format("repeat {} of {}: {}", round, repeat, *wrong);
    }
    return std::nullopt;
  } catch (const std::exception& unreadable) {
    return std::string("not in the format: ") + unreadable.what();
  }
}

}  // namespace

int main(int count, char** values) {
  const auto arguments = parse(count, values);
  if (!arguments) {
    std::fputs("usage: cmap_runner DIR [--repeat N] [--missing-is-fine]\n", stderr);
    return 2;
  }
  if (!fs::is_directory(arguments->folder)) {
    fmt::print("{} is no folder{}\n", arguments->folder.string(),
               arguments->missing_is_fine ? ": skipped" : "; name one with CMAP test files");
    return arguments->missing_is_fine ? 0 : 2;
  }
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(arguments->folder)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  int failed = 0;
  for (const fs::path& path : paths) {
    const auto wrong = run_file(path, arguments->repeat);
    if (wrong) ++failed;
    fmt::print("{} {}{}\n", wrong ? "FAILED" : "passed", path.filename().string(),
               wrong ? ": " + *wrong : "");
    std::fflush(stdout);
  }
  fmt::print("{} passed, {} failed\n", static_cast<int>(paths.size()) - failed, failed);
  return failed == 0 && !paths.empty() ? 0 : 1;
}
