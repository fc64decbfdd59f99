#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace wellspring {

/// A string or number that names one kind of thing, so that ids of different kinds cannot be mixed up.
template <class Tag, class Value = std::string>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(Value value) : value_(std::move(value)) {}
  const Value& value() const { return value_; }
  auto operator<=>(const StrongId&) const = default;

 private:
  Value value_{};
};

using ArticleId = StrongId<struct ArticleIdTag>;
using JobId = StrongId<struct JobIdTag, std::int64_t>;

}  // namespace wellspring

template <class Tag, class Value>
struct std::hash<wellspring::StrongId<Tag, Value>> {
  std::size_t operator()(const wellspring::StrongId<Tag, Value>& id) const noexcept {
    return std::hash<Value>{}(id.value());
  }
};
