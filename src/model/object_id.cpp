#include "model/object_id.hpp"

#include <fmt/format.h>

#include <random>

namespace wellspring::model {
namespace {

constexpr std::size_t kDigits = 24;

std::uint64_t draw() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

ObjectIdGenerator::ObjectIdGenerator() : drawn_(draw()), counter_(static_cast<std::uint32_t>(draw())) {}

std::string ObjectIdGenerator::next(Timestamp now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return fmt::format("{:08x}{:010x}{:06x}", static_cast<std::uint32_t>(seconds), drawn_ & 0xFF'FFFF'FFFF,
                     counter_++ & 0xFF'FFFF);
}

std::optional<std::string> parse_object_id(std::string_view text) {
  if (text.size() != kDigits) return std::nullopt;
  std::string id;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
      id += c;
    } else if (c >= 'A' && c <= 'F') {
      id += static_cast<char>(c - 'A' + 'a');
    } else {
      return std::nullopt;
    }
  }
  return id;
}

}  // namespace wellspring::model
