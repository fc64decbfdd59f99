#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace wellspring::cli {

/// Calls back with the data of each `data: ` line of a stream that arrives in any pieces; other lines are
/// ignored.
class SseLines {
 public:
  explicit SseLines(std::function<void(std::string_view)> on_data) : on_data_(std::move(on_data)) {}

  void feed(std::string_view piece) {
    for (const char c : piece) {
      if (c != '\n') {
        line_ += c;
        continue;
      }
      constexpr std::string_view kPrefix = "data: ";
      if (line_.starts_with(kPrefix)) on_data_(std::string_view(line_).substr(kPrefix.size()));
      line_.clear();
    }
  }

 private:
  std::function<void(std::string_view)> on_data_;
  std::string line_;
};

}  // namespace wellspring::cli
