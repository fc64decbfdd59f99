#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace wellspring::cli {

std::string progress_line(const std::string& label, std::size_t done, std::size_t total, double seconds,
                          std::size_t width) {
  const double share =
      total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string tail = fmt::format(" {:3.0f}% {}/{}  {:.1f}/s", share * 100, done, total, rate);
  if (rate > 0 && done < total)
    tail += fmt::format("  eta {:.0f}s", static_cast<double>(total - done) / rate);
  const std::size_t used = label.size() + tail.size() + 3;
  const std::size_t bar = width > used + 5 ? std::min<std::size_t>(width - used, 40) : 0;
  if (bar == 0) return (label + tail).substr(0, width);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(bar));
  return fmt::format("{} [{}{}]{}", label, std::string(filled, '#'), std::string(bar - filled, '-'), tail);
}

Progress::Progress(const Clock& clock, std::string label, std::size_t total)
    : clock_(clock),
      label_(std::move(label)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(clock.steady()),
      drawn_(start_) {
  if (terminal_) draw();
}

Progress::~Progress() {
  if (!terminal_) return;
  draw();
  std::fputc('\n', stderr);
}

void Progress::update(std::size_t done) {
  done_ = done;
  const SteadyTime now = clock_.steady();
  if (!terminal_ || now - drawn_ < std::chrono::milliseconds{100}) return;
  drawn_ = now;
  draw();
}

void Progress::draw() {
  winsize size{};
  const std::size_t width =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col - 1U : 79U;
  const double seconds = std::chrono::duration<double>(clock_.steady() - start_).count();
  fmt::print(stderr, "\r\033[K{}", progress_line(label_, done_, total_, seconds, width));
  std::fflush(stderr);
}

}  // namespace wellspring::cli
