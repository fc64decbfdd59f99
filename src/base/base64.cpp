#include "base/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace wellspring {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kBytesInGroup = 3;
constexpr std::size_t kDigitsInGroup = 4;
constexpr unsigned kDigitBits = 6;

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + kBytesInGroup - 1) / kBytesInGroup * kDigitsInGroup);
  for (std::size_t at = 0; at < bytes.size(); at += kBytesInGroup) {
    const std::string_view group = bytes.substr(at, kBytesInGroup);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < kBytesInGroup; ++i)
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (std::size_t i = 0; i < kDigitsInGroup; ++i)
      text += i <= group.size() ? kAlphabet[bits >> (18 - kDigitBits * i) & 0x3F] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % kDigitsInGroup == 0) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % kDigitsInGroup == 1) return std::nullopt;
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << kDigitBits | static_cast<std::uint32_t>(digit);
    held += kDigitBits;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return bytes;
}

}  // namespace wellspring
