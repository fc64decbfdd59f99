#include "runtime/executors.hpp"

#include <algorithm>

namespace wellspring::runtime {

Executors::Executors(const ExecutorOptions& options)
    : io_(1),
      cpu_(std::max<std::size_t>(1, options.cpu_threads)),
      background_(std::max<std::size_t>(2, options.cpu_threads) - 1),
      blocking_(std::max<std::size_t>(1, options.blocking_threads)) {}

Executors::~Executors() {
  stop();
}

void Executors::run_io() {
  io_.run();
}

void Executors::stop() {
  io_.stop();
  cpu_.join();
  background_.join();
  blocking_.join();
}

}  // namespace wellspring::runtime
