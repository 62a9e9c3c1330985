// The voxel types that scan files store, and their conversion from and to float.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kdseg::image {

enum class Component { int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64 };

const std::string& name_of(Component component);  ///< "int16"
size_t bytes_of(Component component);
/// \throws UsageError  unknown name; the known ones are listed
Component component_named(const std::string& name);

/// Calls work(T{}) with the C++ type T of the component.
template <class Work>
decltype(auto) with_type(Component component, Work&& work) {
  switch (component) {
    case Component::int8:
      return work(int8_t{});
    case Component::uint8:
      return work(uint8_t{});
    case Component::int16:
      return work(int16_t{});
    case Component::uint16:
      return work(uint16_t{});
    case Component::int32:
      return work(int32_t{});
    case Component::uint32:
      return work(uint32_t{});
    case Component::int64:
      return work(int64_t{});
    case Component::uint64:
      return work(uint64_t{});
    case Component::float32:
      return work(float{});
    default:
      return work(double{});
  }
}

/// value * slope + intercept, computed in double.
std::vector<float> decode(Component component, const void* stored, size_t count, double slope = 1,
                          double intercept = 0);

/// Stored integers from 0 to 255; nullopt: another type, or a number beyond.
std::optional<std::vector<uint8_t>> small_codes(Component component, const void* stored,
                                                size_t count);

/// Integers round to nearest (halves to even).
/// \throws RunError  a value that the type cannot hold; `path` and the value are named
std::vector<std::byte> encode(Component component, const float* voxels, size_t count,
                              const std::string& path);

}  // namespace kdseg::image
