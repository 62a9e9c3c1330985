// exp and log as polynomials: the library's are not vectorized. Relative errors below 3e-7.
#pragma once
#include <bit>

namespace kdseg::tensor {

/// e^x for x <= 0, finite or no number.
inline float exp_of_negative(float x) {
  x = x < -87.0f ? -87.0f : x;  // e^-87 is next to the smallest normal number
  const int n = static_cast<int>(x * 1.44269504f - 0.5f);
  const float r =
      (x - static_cast<float>(n) * 0.693359375f) + static_cast<float>(n) * 2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * std::bit_cast<float>((n + 127) << 23);
}

/// ln x for positive normal x. What is no number gives some number: add 0 * x to show it.
inline float log_of_positive(float x) {
  const int bits = std::bit_cast<int>(x) - 0x3f3504f3;  // 1 / sqrt 2
  const int exponent = bits >> 23;
  const float m = std::bit_cast<float>((bits & 0x7fffff) + 0x3f3504f3);
  const float z = (m - 1.0f) / (m + 1.0f), s = z * z;
  float p = 1.0f / 9;
  p = p * s + 1.0f / 7;
  p = p * s + 1.0f / 5;
  p = p * s + 1.0f / 3;
  p = p * s + 1.0f;
  return 2.0f * z * p + static_cast<float>(exponent) * 0.693147181f;
}

}  // namespace kdseg::tensor
