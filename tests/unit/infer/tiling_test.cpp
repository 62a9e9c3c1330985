#include "infer/tiling.h"

#include <ATen/ops/rand.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "base/errors.h"
#include "infer/lay.h"
#include "infer/predict.h"
#include "unit/infer/networks.h"

namespace {
using namespace kdseg;
using ::testing::ElementsAre;

TEST(Windows, CoverAnAxisEvenly) {
  EXPECT_THAT(infer::window_starts(10, 16, 0.5), ElementsAre(0));
  EXPECT_THAT(infer::window_starts(16, 16, 0.5), ElementsAre(0));
  EXPECT_THAT(infer::window_starts(32, 16, 0.5), ElementsAre(0, 8, 16));
  EXPECT_THAT(infer::window_starts(32, 16, 0), ElementsAre(0, 16));
  EXPECT_THAT(infer::window_starts(33, 16, 0), ElementsAre(0, 8, 17));
  for (const int64_t length : {17, 40, 63})
    for (const double overlap : {0.0, 0.25, 0.5, 0.9}) {
      const auto starts = infer::window_starts(length, 16, overlap);
      EXPECT_EQ(starts.front(), 0);
      EXPECT_EQ(starts.back(), length - 16);
      for (size_t i = 1; i < starts.size(); ++i)
        EXPECT_LE(static_cast<double>(starts[i] - starts[i - 1]), (1 - overlap) * 16 + 1e-9);
    }
}

TEST(Windows, GaussianFallsToTheBorderAndStaysPositive) {
  const auto profile = infer::window_profile(16, infer::WindowWeights::gaussian);
  EXPECT_FLOAT_EQ(profile[7], 1.0f);
  EXPECT_FLOAT_EQ(profile[8], 1.0f);
  // Half a window is four standard deviations.
  EXPECT_NEAR(profile[0], std::exp(-0.5 * (7.5 * 7.5 - 0.25) / 4), 1e-6);
  for (const float weight : profile) EXPECT_GT(weight, 0);
  EXPECT_THAT(infer::window_profile(3, infer::WindowWeights::plain), ElementsAre(1, 1, 1));
}

TEST(Windows, CenterLeavesHalfOfTheSharedPartOut) {
  // U-HVED: windows of 128 with a border of 10 are laid at steps of at most 108 voxels.
  constexpr auto center = infer::WindowWeights::center;
  constexpr double overlap = 20.0 / 128;
  EXPECT_THAT(infer::window_starts(260, 128, overlap), ElementsAre(0, 66, 132));
  const auto counted = [&](int64_t start, int64_t length) {
    const auto profile = infer::window_profile(128, center, {start, length, overlap});
    const auto one = std::find(profile.begin(), profile.end(), 1.0f);
    const auto end = std::find(one, profile.end(), 0.0f);
    EXPECT_EQ(std::count(profile.begin(), profile.end(), 1.0f), end - one);
    return std::pair<int64_t, int64_t>(start + (one - profile.begin()),
                                       start + (end - profile.begin()));
  };
  EXPECT_EQ(counted(0, 260), std::pair(int64_t{0}, int64_t{118}));
  EXPECT_EQ(counted(66, 260), std::pair(int64_t{76}, int64_t{184}));
  EXPECT_EQ(counted(132, 260), std::pair(int64_t{142}, int64_t{260}));
  EXPECT_EQ(counted(0, 128), std::pair(int64_t{0}, int64_t{128}));
  EXPECT_THAT(infer::window_profile(3, center), ElementsAre(1, 1, 1));
  // No voxel is left without a window, whatever the sizes.
  for (const int64_t window : {7, 8, 16})
    for (const int64_t length : {8, 17, 40, 63})
      for (const double shared : {0.0, 0.15, 0.5, 0.9}) {
        std::vector<float> total(static_cast<size_t>(std::max(length, window)));
        for (const int64_t start : infer::window_starts(length, window, shared)) {
          const auto profile = infer::window_profile(window, center, {start, length, shared});
          for (size_t i = 0; i < profile.size(); ++i)
            total[static_cast<size_t>(start) + i] += profile[i];
        }
        EXPECT_GT(*std::min_element(total.begin(), total.end()), 0)
            << window << " " << length << " " << shared;
      }
}

TEST(Windows, PaddedLengths) {
  EXPECT_EQ(infer::padded_length(32, 16, 16), 32);
  EXPECT_EQ(infer::padded_length(33, 16, 16), 48);
  EXPECT_EQ(infer::padded_length(5, 16, 32), 32);
}

at::Tensor run(test::Pointwise& network, const Tiling& tiling, const at::Tensor& image,
               infer::WindowWeights weights = infer::WindowWeights::gaussian) {
  infer::PredictOptions options;
  options.weights = weights;
  return infer::probabilities(network, test::softmax_head(3), tiling, image, options);
}

// A network that looks at single voxels leaves no seams, however windows overlap.
TEST(Probabilities, WindowsEqualTheWholeForAPointwiseNetwork) {
  test::Pointwise network(3, 4);
  const at::Tensor image = at::rand({2, 2, 13, 22, 9});
  const at::Tensor whole = run(network, {}, image);
  EXPECT_EQ(whole.sizes(), (std::vector<int64_t>{2, 3, 13, 22, 9}));
  const at::Tensor sum = image.sum(1, true);
  const at::Tensor expected = at::softmax(at::cat({sum, 2 * sum, 3 * sum}, 1), 1);
  EXPECT_TRUE(whole.allclose(expected, 1e-5, 1e-6));
  for (const double overlap : {0.0, 0.5, 0.75})
    for (const auto weights : {infer::WindowWeights::gaussian, infer::WindowWeights::plain,
                               infer::WindowWeights::center}) {
      network.largest = 0;
      const at::Tensor tiled =
          run(network, {Tiling::Kind::window, {8, 12, 8}, overlap}, image, weights);
      EXPECT_TRUE(tiled.allclose(whole, 1e-5, 1e-6)) << overlap;
      EXPECT_EQ(network.largest, 2 * 2 * 8 * 12 * 8);
    }
}

TEST(Probabilities, CenterKeepsTheMiddleOfEveryWindow) {
  // Each window answers with its own number: along x the first two of three windows meet at 5.
  int64_t window = 0;
  const infer::Pass numbered{
      [&](const at::Tensor& part) { return at::full_like(part, static_cast<double>(window++)); }};
  const at::Tensor image = at::zeros({1, 1, 8, 8, 16});
  const at::Tensor out = infer::lay(numbered, {Tiling::Kind::window, {8, 8, 8}, 0.5}, image,
                                    infer::WindowWeights::center);
  const at::Tensor row = out.select(2, 3).select(2, 3).flatten();
  EXPECT_TRUE(row.equal(at::tensor({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}, at::kFloat)))
      << row;
}

// What lies beyond a volume is 0, or the channel's least value where the recipe says so.
TEST(Probabilities, PaddingIsZeroOrTheMinimum) {
  const at::Tensor image = at::rand({2, 2, 5, 6, 7}) - 2;
  const at::Tensor least = image.amin({2, 3, 4}, true);
  for (const bool minimum : {false, true})
    for (const auto kind : {Tiling::Kind::whole, Tiling::Kind::window, Tiling::Kind::slices}) {
      at::Tensor corner;
      infer::Pass pass{[&](const at::Tensor& part) {
                         corner = part.flatten(2).select(2, 0).clone();
                         return part;
                       },
                       8, 8};
      pass.minimum_outside = minimum;
      pass.slices_at_once = 2 * 5;
      const at::Tensor out =
          infer::lay(pass, {kind, {8, 8, 8}, 0}, image, infer::WindowWeights::plain);
      EXPECT_TRUE(out.allclose(image, 1e-5, 1e-6));
      at::Tensor expected = at::zeros({2, 2});
      if (minimum) expected = least.flatten(1);
      if (kind == Tiling::Kind::slices) expected = expected.repeat_interleave(5, 0);
      EXPECT_TRUE(corner.allclose(expected)) << corner << expected;
    }
}

TEST(Probabilities, SlicesGoThroughA2DNetwork) {
  test::Pointwise network(3, 4);
  const at::Tensor image = at::rand({2, 2, 19, 6, 9});
  const at::Tensor slices = run(network, {Tiling::Kind::slices, {0, 0, 1}, 0}, image);
  EXPECT_TRUE(slices.allclose(run(network, {}, image), 1e-5, 1e-6));
}

TEST(Probabilities, PadsOnlyWhatIsNoMultiple) {
  test::Pointwise network(3, 16);
  run(network, {}, at::rand({1, 1, 16, 32, 16}));
  EXPECT_EQ(network.largest, 16 * 32 * 16);
  run(network, {}, at::rand({1, 1, 17, 32, 16}));
  EXPECT_EQ(network.largest, 32 * 32 * 16);
}

TEST(Probabilities, SigmoidHeadsAreIndependent) {
  test::Pointwise network(3);
  const at::Tensor image = at::rand({1, 1, 2, 2, 2});
  const at::Tensor p = infer::probabilities(network, test::region_head(), {}, image, {});
  EXPECT_TRUE(p.select(1, 2).allclose(at::sigmoid(3 * image.select(1, 0))));
}

TEST(Probabilities, MistakesAreNamed) {
  test::Pointwise network(3);
  const at::Tensor image = at::rand({1, 1, 4, 4, 4});
  EXPECT_THROW(run(network, {Tiling::Kind::window, {0, 8, 8}, 0.5}, image), UsageError);
  EXPECT_THROW(run(network, {Tiling::Kind::box, {8, 8, 8}, 0.5}, image), UsageError);
  infer::PredictOptions options;
  options.memory_limit_gib = 1e-6;
  EXPECT_THROW(infer::probabilities(network, test::softmax_head(3), {},
                                    at::rand({1, 1, 40, 40, 40}), options),
               RunError);
}

}  // namespace
