// IEEE 754 half precision: the 16-bit form in which images and probabilities may be stored.
#pragma once
#include <cstdint>

namespace kdseg::io {

/// Rounded to nearest, ties to even; beyond 65504 (after rounding) infinite; NaN stays NaN.
uint16_t to_half(float value);

/// Exact.
float from_half(uint16_t bits);

}  // namespace kdseg::io
