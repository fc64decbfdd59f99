#pragma once

#include <bit>
#include <cstdint>

namespace wellspring::index {

/// The bits of an IEEE 754 binary16: 11 significant bits, so that a rounded value is within 2^-11 of itself.
using Half = std::uint16_t;

inline constexpr float kHalfMax = 65504;

/// Both ways scale by 2^112, the difference of the two exponents' biases, so that the hardware's float
/// arithmetic also handles subnormal numbers. Defined for finite values; a greater one becomes +-kHalfMax.
inline Half to_half(float value) {
  const auto sign = static_cast<Half>(std::bit_cast<std::uint32_t>(value) >> 16 & 0x8000U);
  const float magnitude = value < 0 ? -value : value;
  const float bounded = magnitude < kHalfMax ? magnitude : kHalfMax;
  const auto bits = std::bit_cast<std::uint32_t>(bounded * 0x1p-112F);
  const std::uint32_t nearest = bits + 0xFFFU + (bits >> 13 & 1U);  // ties to even
  return static_cast<Half>(sign | nearest >> 13);
}

inline float to_float(Half half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t magnitude = (half & 0x7FFFU) << 13;
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | sign);
}

}  // namespace wellspring::index
