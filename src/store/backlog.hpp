#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace wellspring::store {

/// Jobs that are not finished, and the bytes of their articles' text.
struct Backlog {
  std::size_t jobs = 0;
  std::size_t bytes = 0;
  bool operator==(const Backlog&) const = default;
};

/// A Backlog that is kept up to date beside what it counts. Thread-safe; asking costs two loads, however many
/// jobs there are.
class BacklogCount {
 public:
  void set(const Backlog& all) {
    jobs_ = static_cast<std::int64_t>(all.jobs);
    bytes_ = static_cast<std::int64_t>(all.bytes);
  }
  void add(std::size_t bytes) {
    ++jobs_;
    bytes_ += static_cast<std::int64_t>(bytes);
  }
  void remove(std::size_t bytes) {
    --jobs_;
    bytes_ -= static_cast<std::int64_t>(bytes);
  }
  Backlog get() const { return {at_least_none(jobs_), at_least_none(bytes_)}; }

 private:
  static std::size_t at_least_none(std::int64_t count) {
    return static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
  }
  std::atomic<std::int64_t> jobs_{0};
  std::atomic<std::int64_t> bytes_{0};
};

}  // namespace wellspring::store
