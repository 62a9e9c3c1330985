// Pull resampling: published values, LibTorch's own sampler, exact mirrors, and parts.
#include "data/augment/resample.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/grid_sampler_3d.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <numeric>

#include "data/augment/augment.h"

namespace kdseg::data {
namespace {

std::vector<float> pulled(const std::vector<float>& in, std::array<int64_t, 3> size,
                          const Matrix& matrix) {
  std::vector<float> out(in.size(), -1);
  pull_linear(in.data(), 1, size, {matrix, whole(size), {}}, out.data());
  return out;
}

/// v[z][y][x] = z + 1 on a cube of side 5.
std::vector<float> slabs() {
  std::vector<float> v(125);
  for (size_t i = 0; i < 125; ++i) v[i] = static_cast<float>(i / 25 + 1);
  return v;
}

TEST(Resample, GivesThePublishedValuesOfAnAffinePull) {
  AffineDraw draw;
  draw.affine = true;
  draw.angle_deg = {2, -3, 4};
  draw.shear = {.01, -.02, .03};
  draw.scale = {1.02, .97, 1.04};
  const auto out = pulled(slabs(), {5, 5, 5}, affine_matrix(draw));
  const float expected[5] = {2.9184f, 3.0752f, 3.0000f, 2.9248f, 2.6399f};
  for (size_t x = 0; x < 5; ++x) EXPECT_NEAR(out[2 * 25 + 2 * 5 + x], expected[x], 1e-4);
  EXPECT_NEAR(out[1 * 25 + 3 * 5 + 2], 1.9281, 1e-4);
  EXPECT_NEAR(std::accumulate(out.begin(), out.end(), 0.0), 346.5161, 1e-3);
}

TEST(Resample, GivesThePublishedValuesOfAScaleAlone) {
  const auto out = pulled(slabs(), {5, 5, 5}, {1.04, 0, 0, 0, 1, 0, 0, 0, 1});
  const float expected[5] = {0.92f, 1.96f, 3.0f, 4.04f, 4.6f};
  for (size_t z = 0; z < 5; ++z) EXPECT_NEAR(out[z * 25 + 2 * 5 + 2], expected[z], 1e-5);
}

TEST(Resample, ReadsWhatIsSaidToLieOutside) {
  // A constant volume in surroundings of the same value has no border, wherever it is read.
  const std::vector<float> in(2 * 60, -2.5f);
  const Matrix scaled{1.1, 0, 0, 0, 1.07, 0, 0, 0, 1.2}, mirrored{1, 0, 0, 0, -1, 0, 0, 0, 1};
  for (const Matrix& matrix : {scaled, mirrored}) {
    const Pull pull{matrix, {{-2, -1, -3}, {9, 7, 8}}, {-2.5f, -2.5f}};
    std::vector<float> out(2 * 9 * 7 * 8);
    pull_linear(in.data(), 2, {5, 4, 3}, pull, out.data());
    for (const float v : out) ASSERT_FLOAT_EQ(v, -2.5f);
  }
}

TEST(Resample, TurnsAQuarterAboutTheFirstAxis) {
  AffineDraw draw;
  draw.affine = true;
  draw.angle_deg = {90, 0, 0};
  std::vector<float> v(27);
  std::iota(v.begin(), v.end(), 0.0f);
  const auto out = pulled(v, {3, 3, 3}, affine_matrix(draw));
  // R0 turns the plane of the axes y and x: each slab reads its own voxels.
  const float expected[9] = {6, 3, 0, 7, 4, 1, 8, 5, 2};
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(out[i], expected[i], 1e-4) << i;
}

TEST(Resample, AgreesWithTheSamplerOfLibTorch) {
  const std::array<int64_t, 3> size{9, 6, 7};  // x y z
  const at::Tensor image =
      at::arange(2 * 7 * 6 * 9, at::kFloat).mul(0.37).sin().view({1, 2, 7, 6, 9});
  const Matrix m{1.1071, 0.2113, -0.1237, -0.1519, 0.9167, 0.2531, 0.1019, -0.3023, 1.2211};
  // The sampler's matrix runs over x, y, z in units of half the extent between voxel centers.
  std::vector<float> theta(12, 0.0f);
  const double extent[3] = {8, 5, 6};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      theta[static_cast<size_t>(4 * i + j)] =
          static_cast<float>(m[3 * (2 - i) + (2 - j)] * extent[j] / extent[i]);
  const at::Tensor grid = at::affine_grid_generator(at::tensor(theta).view({1, 3, 4}),
                                                    {1, 2, 7, 6, 9}, /*align_corners=*/true);
  const at::Tensor expected = at::grid_sampler_3d(image, grid, 0, 0, true);
  std::vector<float> out(2 * 7 * 6 * 9);
  pull_linear(image.const_data_ptr<float>(), 2, size, {m, whole(size), {}}, out.data());
  const float* e = expected.const_data_ptr<float>();
  for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], e[i], 2e-5) << i;

  const at::Tensor labels = (image.slice(1, 0, 1) * 3 + 4).round();
  const at::Tensor nearest = at::grid_sampler_3d(labels, grid, 1, 0, true);
  std::vector<uint8_t> in(7 * 6 * 9), label(7 * 6 * 9);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<uint8_t>(labels.const_data_ptr<float>()[i]);
  pull_nearest(in.data(), size, {m, whole(size), {}}, label.data());
  for (size_t i = 0; i < in.size(); ++i)
    ASSERT_EQ(label[i], static_cast<uint8_t>(nearest.const_data_ptr<float>()[i])) << i;
}

TEST(Resample, MirrorsMoveVoxelsExactly) {
  const std::vector<float> in{0.1f, 0.2f, 0.3f, 1.1f, 1.2f, 1.3f};  // x 3, y 2
  const auto out = pulled(in, {3, 2, 1}, {1, 0, 0, 0, 1, 0, 0, 0, -1});
  EXPECT_EQ(out, (std::vector<float>{0.3f, 0.2f, 0.1f, 1.3f, 1.2f, 1.1f}));
  const auto even = pulled({1, 2, 3, 4}, {4, 1, 1}, {1, 0, 0, 0, 1, 0, 0, 0, -1});
  EXPECT_EQ(even, (std::vector<float>{4, 3, 2, 1}));
}

TEST(Resample, APartEqualsTheSameVoxelsOfTheWholeAndIsZeroBeyond) {
  const std::array<int64_t, 3> size{6, 5, 4};
  std::vector<float> in(120);
  std::iota(in.begin(), in.end(), 1.0f);
  for (const Matrix& m : {identity, Matrix{1, 0.1, 0, 0, 1, 0, 0.1, 0, 0.9}}) {
    const auto all = pulled(in, size, m);
    std::vector<float> part(3 * 3 * 3, -1);
    pull_linear(in.data(), 1, size, {m, {{-1, 2, 2}, {3, 3, 3}}, {}}, part.data());
    for (int64_t z = 0; z < 3; ++z)
      for (int64_t y = 0; y < 3; ++y)
        for (int64_t x = 0; x < 3; ++x) {
          const int64_t ox = x - 1, oy = y + 2, oz = z + 2;
          if (ox >= 0 && oz < 4) {
            EXPECT_EQ(part[static_cast<size_t>((z * 3 + y) * 3 + x)],
                      all[static_cast<size_t>((oz * 5 + oy) * 6 + ox)]);
          } else if (m == identity) {
            EXPECT_EQ(part[static_cast<size_t>((z * 3 + y) * 3 + x)], 0);
          }
        }
  }
}

}  // namespace
}  // namespace kdseg::data
