#include "image/component.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::image {
namespace {

const std::vector<std::string>& names() {
  static const std::vector<std::string> all{"int8",   "uint8", "int16",  "uint16",  "int32",
                                            "uint32", "int64", "uint64", "float32", "float64"};
  return all;
}

}  // namespace

const std::string& name_of(Component component) { return names()[static_cast<size_t>(component)]; }

size_t bytes_of(Component component) {
  return with_type(component, [](auto type) { return sizeof type; });
}

Component component_named(const std::string& name) {
  for (size_t i = 0; i < names().size(); ++i)
    if (names()[i] == name) return static_cast<Component>(i);
  throw UsageError("unknown voxel type '{}'{}", name, did_you_mean(name, names()));
}

std::vector<float> decode(Component component, const void* stored, size_t count, double slope,
                          double intercept) {
  return with_type(component, [&](auto type) {
    using T = decltype(type);
    const auto* in = static_cast<const T*>(stored);
    if (slope == 1 && intercept == 0) return std::vector<float>(in, in + count);
    std::vector<float> out(count);
    for (size_t i = 0; i < count; ++i)
      out[i] = static_cast<float>(static_cast<double>(in[i]) * slope + intercept);
    return out;
  });
}

std::optional<std::vector<uint8_t>> small_codes(Component component, const void* stored,
                                                size_t count) {
  return with_type(component, [&](auto type) -> std::optional<std::vector<uint8_t>> {
    using T = decltype(type);
    if constexpr (std::is_floating_point_v<T>) {
      return std::nullopt;
    } else {
      const auto* in = static_cast<const T*>(stored);
      if constexpr (std::is_same_v<T, uint8_t>) return std::vector<uint8_t>(in, in + count);
      std::vector<uint8_t> out(count);
      bool beyond = false;
      for (size_t i = 0; i < count; ++i) {
        out[i] = static_cast<uint8_t>(in[i]);
        beyond |= static_cast<T>(out[i]) != in[i];
      }
      if (beyond) return std::nullopt;
      return out;
    }
  });
}

std::vector<std::byte> encode(Component component, const float* voxels, size_t count,
                              const std::string& path) {
  std::vector<std::byte> out(count * bytes_of(component));
  with_type(component, [&](auto type) {
    using T = decltype(type);
    auto* to = reinterpret_cast<T*>(out.data());
    for (size_t i = 0; i < count; ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        to[i] = static_cast<T>(voxels[i]);
      } else {
        // Both limits as doubles; the upper one of 64-bit types rounds up, hence "less than".
        constexpr double low = static_cast<double>(std::numeric_limits<T>::min());
        constexpr double above = static_cast<double>(std::numeric_limits<T>::max() / 2 + 1) * 2;
        const double value = std::nearbyint(static_cast<double>(voxels[i]));
        if (!(value >= low && value < above))
          throw RunError("{}: voxel value {} does not fit {}; write float32 instead", path,
                         voxels[i], name_of(component));
        to[i] = static_cast<T>(value);
      }
    }
  });
  return out;
}

}  // namespace kdseg::image
