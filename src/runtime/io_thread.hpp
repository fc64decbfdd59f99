#pragma once

#include <thread>

#include "runtime/executors.hpp"

namespace wellspring::runtime {

/// Runs io on a thread of its own, for programs whose main thread has other work. Joins on destruction, so stop io first.
class IoThread {
 public:
  explicit IoThread(Executors& executors) : thread_([&executors] { executors.run_io(); }) {}

 private:
  std::jthread thread_;
};

}  // namespace wellspring::runtime
