#include "io/voxel_arrays.h"

#include <algorithm>
#include <cstring>

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

Image image_from_array(Tree& tree, const std::string& path, const Grid& grid,
                       std::vector<std::string> channels, bool voxels) {
  auto expected = shape_of(grid);
  expected.insert(expected.begin(), static_cast<int64_t>(channels.size()));
  check_shape(tree, path, expected);
  Image image{grid, std::move(channels), {}};
  const auto type = tree.array(path).type;
  if (type != Type::f32 && type != Type::f16 && type != Type::f64)
    throw DataError("{}: {} holds whole numbers, expected floating-point numbers", tree.file_,
                    path);
  if (voxels) {
    image.voxels = to_float(tree.array(path));
    tree.arrays.erase(path);  // the largest array of the file: not held twice
  }
  return image;
}

Labels labels_from_array(Tree& tree, const std::string& path, const Grid& grid, size_t classes,
                         bool voxels) {
  check_shape(tree, path, shape_of(grid));
  const auto& array = tree.array(path);
  if (array.type != Type::u8)
    throw DataError("{}: {} does not hold unsigned bytes", tree.file_, path);
  Labels labels{grid, {}};
  if (!voxels) return labels;
  const auto values = array.as<uint8_t>();
  labels.voxels.assign(values.begin(), values.end());
  if (classes > 0 && !labels.voxels.empty()) {
    const size_t largest = *std::max_element(labels.voxels.begin(), labels.voxels.end());
    if (largest >= classes)
      throw DataError("{}: {} holds class {}, class-names has {}", tree.file_, path, largest,
                      classes);
  }
  return labels;
}

}  // namespace kdseg::io
