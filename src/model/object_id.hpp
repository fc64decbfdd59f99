#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.hpp"

namespace wellspring::model {

/// Makes ids of the form of MongoDB's ObjectId, 24 lower-case hexadecimal digits, so that a row keeps its id
/// in every store: 4 bytes of seconds since 1970, 5 bytes drawn once per generator, 3 bytes of a counter that
/// starts anywhere. Thread-safe.
class ObjectIdGenerator {
 public:
  ObjectIdGenerator();
  std::string next(Timestamp now);

 private:
  const std::uint64_t drawn_;
  std::atomic<std::uint32_t> counter_;
};

/// The id in lower case; empty when `text` is no 24 hexadecimal digits.
std::optional<std::string> parse_object_id(std::string_view text);

}  // namespace wellspring::model
