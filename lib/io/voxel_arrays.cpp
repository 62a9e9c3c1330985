#include "io/voxel_arrays.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"

namespace kdseg::io {
namespace {

std::vector<int64_t> shape_of(const Grid& grid) {
  return {grid.size[2], grid.size[1], grid.size[0]};
}

void check_shape(const Tree& tree, const std::string& path, const std::vector<int64_t>& expected) {
  const auto& found = tree.array(path).shape;
  if (found != expected)
    throw DataError("{}: {} has shape [{}], expected [{}]", tree.file_, path, fmt::join(found, ","),
                    fmt::join(expected, ","));
}

/// As bytes, below `limit`: other programs store labels in wider types, too.
template <class T>
std::vector<uint8_t> narrowed(const Tree& tree, const std::string& path, int64_t limit) {
  const auto values = tree.array(path).as<T>();
  const auto outside = std::find_if(values.begin(), values.end(), [limit](T v) {
    return std::cmp_less(v, 0) || std::cmp_greater_equal(v, limit);
  });
  if (outside != values.end())
    throw DataError("{}: {} holds class {}, class-names has {}", tree.file_, path, *outside, limit);
  return {values.begin(), values.end()};
}

}  // namespace

Array image_to_array(const Image& image, bool half) {
  auto shape = shape_of(image.grid);
  shape.insert(shape.begin(), static_cast<int64_t>(image.channels.size()));
  const std::span<const float> voxels(image.voxels);
  return half ? make_half_array(shape, voxels) : make_array<float>(shape, voxels);
}

Array labels_to_array(const Labels& labels) {
  return make_array<uint8_t>(shape_of(labels.grid), std::span<const uint8_t>(labels.voxels));
}

void require_shape(const Tree& tree, const std::string& path, const Grid& grid, size_t channels) {
  auto expected = shape_of(grid);
  expected.insert(expected.begin(), static_cast<int64_t>(channels));
  check_shape(tree, path, expected);
}

Image image_from_array(Tree& tree, const std::string& path, const Grid& grid,
                       std::vector<std::string> channels, bool voxels) {
  require_shape(tree, path, grid, channels.size());
  Image image{grid, std::move(channels), {}};
  if (voxels) {
    try {
      image.voxels = to_float(tree.array(path));
    } catch (const DataError& e) {
      throw DataError("{}: {}: {}", tree.file_, path, e.what());
    }
    tree.arrays.erase(path);  // the largest array of the file: not held twice
  }
  return image;
}

Labels labels_from_array(Tree& tree, const std::string& path, const Grid& grid, size_t classes,
                         bool voxels) {
  check_shape(tree, path, shape_of(grid));
  const auto& array = tree.array(path);
  if (array.type == Type::f16 || array.type == Type::f32 || array.type == Type::f64)
    throw DataError("{}: {} holds floating-point numbers, expected whole numbers, as u8",
                    tree.file_, path);
  Labels labels{grid, {}};
  if (!voxels) return labels;
  const int64_t limit = classes > 0 ? static_cast<int64_t>(classes) : 256;
  switch (array.type) {
    case Type::u8:
      labels.voxels = narrowed<uint8_t>(tree, path, limit);
      break;
    case Type::u16:
      labels.voxels = narrowed<uint16_t>(tree, path, limit);
      break;
    case Type::i32:
      labels.voxels = narrowed<int32_t>(tree, path, limit);
      break;
    case Type::i64:
      labels.voxels = narrowed<int64_t>(tree, path, limit);
      break;
    default:
      labels.voxels = narrowed<uint64_t>(tree, path, limit);
  }
  return labels;
}

}  // namespace kdseg::io
