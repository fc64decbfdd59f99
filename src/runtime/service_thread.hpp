#pragma once

#include <functional>
#include <thread>
#include <utility>

namespace wellspring::runtime {

/// Runs a service beside a main thread that has other work. Joins on destruction, so stop the service first.
class ServiceThread {
 public:
  explicit ServiceThread(std::function<void()> service) : thread_(std::move(service)) {}

 private:
  std::jthread thread_;
};

}  // namespace wellspring::runtime
