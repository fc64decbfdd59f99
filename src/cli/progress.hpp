#pragma once

#include <cstddef>
#include <string>

#include "base/clock.hpp"

namespace wellspring::cli {

/// One line of a progress bar: `embedding  [#########------]  60% 300/500  12.3/s  eta 16s`. Pure.
std::string progress_line(const std::string& label, std::size_t done, std::size_t total, double seconds,
                          std::size_t width);

/// A progress bar on standard error when that is a terminal, silent otherwise. Redraws at most ten times a
/// second.
class Progress {
 public:
  Progress(const Clock& clock, std::string label, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(std::size_t done);

 private:
  void draw();
  const Clock& clock_;
  std::string label_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool terminal_;
  SteadyTime start_;
  SteadyTime drawn_;
};

}  // namespace wellspring::cli
