#include "voxels/smooth.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/random.h"

namespace kdseg::voxels {
namespace {

using Triple = std::array<int64_t, 3>;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

std::vector<float> noise(const Triple& size, uint64_t seed) {
  Random random(seed, 0, "noise");
  std::vector<float> v(static_cast<size_t>(size[0] * size[1] * size[2]));
  for (float& x : v) x = static_cast<float>(random.normal());
  return v;
}

/// Weights of a Gaussian cut at 4 sigma, -radius .. radius.
std::vector<double> weights(double sigma) {
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> w;
  for (int k = -radius; k <= radius; ++k) w.push_back(std::exp(-0.5 * k * k / (sigma * sigma)));
  const double sum = std::accumulate(w.begin(), w.end(), 0.0);
  for (double& x : w) x /= sum;
  return w;
}

double value_at(const Triple& n, const std::vector<float>& in, Triple at, Border border) {
  for (int i = 0; i < 3; ++i) {
    if (border == Border::zero && (at[i] < 0 || at[i] >= n[i])) return 0;
    while (at[i] < 0 || at[i] >= n[i]) at[i] = at[i] < 0 ? -1 - at[i] : 2 * n[i] - 1 - at[i];
  }
  return in[(at[2] * n[1] + at[1]) * n[0] + at[0]];
}

TEST(Smooth, GaussianEqualsTheDirectConvolution) {
  const Triple n{9, 6, 7};
  const std::vector<float> in = noise(n, 1);
  for (const Border border : {Border::reflect, Border::zero}) {
    const std::vector<float> found = gaussian_smooth(n, in, {1.2, 0.7, 2.1}, 2, border);
    const auto wx = weights(1.2), wy = weights(0.7), wz = weights(2.1);
    const int rx = int(wx.size()) / 2, ry = int(wy.size()) / 2, rz = int(wz.size()) / 2;
    size_t i = 0;
    for (int64_t z = 0; z < n[2]; ++z)
      for (int64_t y = 0; y < n[1]; ++y)
        for (int64_t x = 0; x < n[0]; ++x, ++i) {
          double sum = 0;
          for (int c = -rz; c <= rz; ++c)
            for (int b = -ry; b <= ry; ++b)
              for (int a = -rx; a <= rx; ++a)
                sum += wx[a + rx] * wy[b + ry] * wz[c + rz] *
                       value_at(n, in, {x + a, y + b, z + c}, border);
          ASSERT_NEAR(found[i], sum, 1e-5);
        }
  }
}

TEST(Smooth, AgreesWithScipy) {
  // scipy.ndimage.gaussian_filter1d([0, 0, 1, 0, 0, 5], 1.0, mode="reflect", truncate=4)
  const std::vector<float> in{0, 0, 1, 0, 0, 5};
  const std::vector<float> expected{0.05842299f, 0.2427744f, 0.4217719f,
                                    0.5340864f,  1.533804f,  3.20914f};
  EXPECT_THAT(gaussian_smooth({6, 1, 1}, in, {1, 0, 0}), Pointwise(FloatNear(1e-6f), expected));
  EXPECT_THAT(gaussian_smooth({1, 1, 6}, in, {0, 0, 1}), Pointwise(FloatNear(1e-6f), expected));
}

TEST(Smooth, AConstantStaysAndAKernelWiderThanTheArrayWorks) {
  const std::vector<float> in(2 * 3 * 4, 7.0f);
  for (const float v : gaussian_smooth({2, 3, 4}, in, {9, 9, 9})) EXPECT_NEAR(v, 7, 1e-4);
  EXPECT_EQ(gaussian_smooth({2, 3, 4}, in, {0, 0, 0}), in);
}

TEST(Smooth, ThreadsDoNotChangeTheResult) {
  const Triple n{20, 13, 11};
  const std::vector<float> in = noise(n, 2);
  EXPECT_EQ(gaussian_smooth(n, in, {2, 3, 1.5}, 1), gaussian_smooth(n, in, {2, 3, 1.5}, 5));
  EXPECT_EQ(box_blur(n, in, 2, 3.5, 1), box_blur(n, in, 2, 3.5, 5));
}

TEST(Smooth, BoxesAverageWithFractionalEnds) {
  const std::vector<float> in{0, 0, 12, 0, 0};
  EXPECT_THAT(box_blur({5, 1, 1}, in, 0, 3), ElementsAre(0, 4, 4, 4, 0));
  EXPECT_THAT(box_blur({1, 5, 1}, in, 1, 2), ElementsAre(0, 3, 6, 3, 0));
  EXPECT_THAT(box_blur({1, 1, 5}, in, 2, 1), ElementsAre(0, 0, 12, 0, 0));
  EXPECT_THAT(box_blur({1, 1, 5}, in, 2, 0.4), ElementsAre(0, 0, 12, 0, 0));
  const std::vector<float> edge{12, 0, 0, 0, 0};
  EXPECT_THAT(box_blur({5, 1, 1}, edge, 0, 3), ElementsAre(8, 4, 0, 0, 0));
  EXPECT_THAT(box_blur({5, 1, 1}, edge, 0, 3, 1, Border::zero), ElementsAre(4, 4, 0, 0, 0));
}

TEST(Smooth, WrongArgumentsAreRefused) {
  const std::vector<float> in(8);
  EXPECT_THROW(gaussian_smooth({2, 2, 1}, in, {1, 1, 1}), UsageError);
  EXPECT_THROW(gaussian_smooth({2, 2, 2}, in, {1, -1, 1}), UsageError);
  EXPECT_THROW(box_blur({2, 2, 2}, in, 3, 2), UsageError);
  EXPECT_THROW(box_blur({2, 2, 2}, in, 0, 0), UsageError);
}

}  // namespace
}  // namespace kdseg::voxels
