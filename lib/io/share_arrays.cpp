#include "io/share_arrays.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/text.h"
#include "io/tree_layout.h"
#include "io/voxel_arrays.h"

namespace kdseg::io {
namespace {

const std::string path = "/share";

// What a softmax in single precision, or a mean of several, is off by.
constexpr double arithmetic = 1e-5;

/// Half of a step of the stored type, for values near 1.
double rounding_of(Type type) {
  switch (type) {
    case Type::u8:
      return 0.5 / 255;
    case Type::u16:
      return 0.5 / 65535;
    case Type::f16:
      return 0x1p-12;
    default:
      return 0;
  }
}

template <class T>
Array fractions(const Image& image, std::vector<int64_t> shape) {
  constexpr auto largest = static_cast<float>(std::numeric_limits<T>::max());
  std::vector<T> stored(image.voxels.size());
  std::transform(image.voxels.begin(), image.voxels.end(), stored.begin(), [](float v) {
    return static_cast<T>(std::lround(std::clamp(v, 0.0f, 1.0f) * largest));
  });
  return make_array<T>(std::move(shape), std::span<const T>(stored));
}

template <class T>
void divide(const Array& array, std::vector<float>& out) {
  constexpr auto largest = static_cast<float>(std::numeric_limits<T>::max());
  const auto in = array.as<T>();
  out.resize(in.size());
  std::transform(in.begin(), in.end(), out.begin(),
                 [](T v) { return static_cast<float>(v) / largest; });
}

std::string voxel_text(const Grid& grid, size_t v) {
  const auto x = static_cast<size_t>(grid.size[0]), y = static_cast<size_t>(grid.size[1]);
  return fmt::format("voxel ({}, {}, {})", v % x, v / x % y, v / (x * y));
}

}  // namespace

void put_shares(Tree& tree, const Shares& shares, Type type) {
  const Grid& grid = shares.image.grid;
  const std::vector<int64_t> shape{static_cast<int64_t>(shares.image.channels.size()), grid.size[2],
                                   grid.size[1], grid.size[0]};
  tree.arrays[path] = type == Type::u8    ? fractions<uint8_t>(shares.image, shape)
                      : type == Type::u16 ? fractions<uint16_t>(shares.image, shape)
                                          : image_to_array(shares.image, type == Type::f16);
  tree.attributes[path]["channels"] = shares.image.channels;
  tree.attributes[path]["kind"] = std::string(shares.exclusive ? "softmax" : "sigmoid");
}

Shares get_shares(Tree& tree, const Grid& grid, const ClassTable& classes,
                  const std::vector<Region>& regions, bool voxels) {
  const std::string where = tree.file_ + ": " + path;
  if (!tree.has_attribute(path, "channels"))
    throw DataError("{}: attribute 'channels' is missing; expected its channels' names in order{}",
                    where, classes.names.empty() ? "" : ", as in " + join(classes.names, ","));
  const std::string kind =
      tree.has_attribute(path, "kind") ? tree.text(path, "kind") : std::string("softmax");
  if (kind != "softmax" && kind != "sigmoid")
    throw DataError("{}: kind is '{}', expected softmax (classes) or sigmoid (regions)", where,
                    kind);
  Shares shares{{grid, tree.texts(path, "channels"), {}}, kind == "softmax"};
  check_share_channels(shares, classes, regions, where);
  const Type type = tree.array(path).type;
  if (type == Type::u8 || type == Type::u16) {
    require_shape(tree, path, grid, shares.image.channels.size());
    if (voxels && type == Type::u8) divide<uint8_t>(tree.array(path), shares.image.voxels);
    if (voxels && type == Type::u16) divide<uint16_t>(tree.array(path), shares.image.voxels);
    if (voxels) tree.arrays.erase(path);
  } else if (type == Type::f16 || type == Type::f32 || type == Type::f64) {
    shares.image = image_from_array(tree, path, grid, shares.image.channels, voxels);
  } else {
    throw DataError(
        "{} holds {}, expected u8 or u16 (fractions of 255 or 65535) or floating-point numbers "
        "from 0 to 1",
        where, type_name(type));
  }
  if (voxels) check_share_values(shares, rounding_of(type), where);
  return shares;
}

void check_share_channels(const Shares& shares, const ClassTable& classes,
                          const std::vector<Region>& regions, const std::string& where) {
  const auto& names = shares.image.channels;
  if (classes.names.empty())
    throw DataError("{}: shares without class-names; expected the names of the classes", where);
  if (shares.exclusive) {
    if (names != classes.names)
      throw DataError("{}: its channels are {}, class-names are {}; expected the same order", where,
                      join(names, ","), join(classes.names, ","));
    return;
  }
  std::vector<std::string> known;
  for (const auto& region : regions) known.push_back(region.name);
  known.insert(known.end(), classes.names.begin(), classes.names.end());
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw DataError("{}: channel '{}' is no region and no class; expected names among {}", where,
                      name, join(known, ","));
    if (std::count(names.begin(), names.end(), name) > 1)
      throw DataError("{}: channel '{}' is named twice", where, name);
  }
}

void check_share_values(Shares& shares, double rounding, const std::string& where) {
  Image& image = shares.image;
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  const auto slack = static_cast<float>(rounding + arithmetic);
  for (size_t k = 0; k < image.channels.size(); ++k) {
    float* value = image.channel(k);
    for (size_t v = 0; v < count; ++v) {
      if (!(value[v] >= -slack && value[v] <= 1 + slack))
        throw DataError("{}: {} at {} of channel {}, expected 0 to 1", where, value[v],
                        voxel_text(image.grid, v), image.channels[k]);
      value[v] = std::clamp(value[v], 0.0f, 1.0f);
    }
  }
  if (!shares.exclusive) return;
  const double allowed = static_cast<double>(image.channels.size()) * rounding + arithmetic;
  std::vector<float> sums(count, 0.0f);
  for (size_t k = 0; k < image.channels.size(); ++k)
    for (size_t v = 0; v < count; ++v) sums[v] += image.channel(k)[v];
  size_t wrong = 0, worst = 0;
  for (size_t v = 0; v < count; ++v) {
    if (std::abs(sums[v] - 1.0) <= allowed) continue;
    ++wrong;
    if (wrong == 1 || std::abs(sums[v] - 1.0) > std::abs(sums[worst] - 1.0)) worst = v;
  }
  if (wrong > 0)
    throw DataError(
        "{}: channels sum to {:.6g} at {}, expected 1 within {:.2g} ({} of {} voxels differ); kind "
        "sigmoid says that channels are independent",
        where, sums[worst], voxel_text(image.grid, worst), allowed, wrong, count);
}

}  // namespace kdseg::io
