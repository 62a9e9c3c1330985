#include <bit>
#include <cstring>
#include <utility>

#include "base/errors.h"
#include "io/half.h"
#include "io/tree.h"

namespace kdseg::io {
namespace {

template <class T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, float>) return Type::f32;
  if constexpr (std::is_same_v<T, double>) return Type::f64;
  if constexpr (std::is_same_v<T, uint8_t>) return Type::u8;
  if constexpr (std::is_same_v<T, uint16_t>) return Type::u16;
  if constexpr (std::is_same_v<T, int32_t>) return Type::i32;
  if constexpr (std::is_same_v<T, int64_t>) return Type::i64;
  if constexpr (std::is_same_v<T, uint64_t>) return Type::u64;
}

Array empty_array(Type type, std::vector<int64_t> shape, size_t count) {
  Array array{type, std::move(shape), {}};
  if (array.count() != static_cast<int64_t>(count))
    throw std::logic_error(
        fmt::format("{} values for a shape of {} elements", count, array.count()));
  array.bytes.resize(count * size_of(type));
  return array;
}

template <class T>
void widen(const Array& array, std::vector<float>& out) {
  constexpr int64_t largest = int64_t{1} << 24;
  const auto in = array.as<T>();
  for (size_t i = 0; i < out.size(); ++i) {
    if (std::cmp_less(in[i], -largest) || std::cmp_greater(in[i], largest))
      throw DataError("a value is {}, expected whole numbers that float32 holds, up to {}", in[i],
                      largest);
    out[i] = static_cast<float>(in[i]);
  }
}

}  // namespace

size_t size_of(Type type) {
  switch (type) {
    case Type::u8:
      return 1;
    case Type::f16:
    case Type::u16:
      return 2;
    case Type::f32:
    case Type::i32:
      return 4;
    case Type::f64:
    case Type::i64:
    case Type::u64:
      return 8;
  }
  return 0;
}

int64_t Array::count() const {
  int64_t n = 1;
  for (const int64_t side : shape) n *= side;
  return n;
}

template <class T>
Array make_array(std::vector<int64_t> shape, std::span<const T> values) {
  auto array = empty_array(type_of<T>(), std::move(shape), values.size());
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), values.size_bytes());
  return array;
}

template Array make_array<float>(std::vector<int64_t>, std::span<const float>);
template Array make_array<double>(std::vector<int64_t>, std::span<const double>);
template Array make_array<uint8_t>(std::vector<int64_t>, std::span<const uint8_t>);
template Array make_array<uint16_t>(std::vector<int64_t>, std::span<const uint16_t>);
template Array make_array<int32_t>(std::vector<int64_t>, std::span<const int32_t>);
template Array make_array<int64_t>(std::vector<int64_t>, std::span<const int64_t>);
template Array make_array<uint64_t>(std::vector<int64_t>, std::span<const uint64_t>);

Array make_half_array(std::vector<int64_t> shape, std::span<const float> values) {
  auto array = empty_array(Type::f16, std::move(shape), values.size());
  auto* out = reinterpret_cast<uint16_t*>(array.bytes.data());
  for (size_t i = 0; i < values.size(); ++i) out[i] = to_half(values[i]);
  return array;
}

std::vector<float> to_float(const Array& array) {
  std::vector<float> values(static_cast<size_t>(array.count()));
  switch (array.type) {
    case Type::f32:
      if (!values.empty()) std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
      break;
    case Type::f16: {
      const auto in = array.as<uint16_t>();
      for (size_t i = 0; i < values.size(); ++i) values[i] = from_half(in[i]);
      break;
    }
    case Type::f64: {
      const auto in = array.as<double>();
      for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(in[i]);
      break;
    }
    case Type::u8:
      widen<uint8_t>(array, values);
      break;
    case Type::u16:
      widen<uint16_t>(array, values);
      break;
    case Type::i32:
      widen<int32_t>(array, values);
      break;
    case Type::i64:
      widen<int64_t>(array, values);
      break;
    case Type::u64:
      widen<uint64_t>(array, values);
      break;
  }
  return values;
}

uint16_t to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<uint16_t>(sign | 0x7E00u);
  // 65520 lies midway between the largest half and the next power of two: it rounds away.
  if (magnitude >= 0x477FF000u) return static_cast<uint16_t>(sign | 0x7C00u);
  if (magnitude < 0x38800000u) {
    // Subnormal halves are multiples of 2^-24. Adding 0.5 puts them at the end of a float's
    // mantissa, so that the processor does the rounding.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3F000000u));
  }
  const uint32_t odd = (magnitude >> 13) & 1u;
  const uint32_t rounded = magnitude + 0x0FFFu + odd;
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

float from_half(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1Fu, mantissa = half & 0x3FFu;
  if (exponent == 0) {
    const float value = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
  }
  const uint32_t wide = exponent == 31 ? 0xFFu : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

}  // namespace kdseg::io
