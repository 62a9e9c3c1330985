#include "infer/tiling.h"

#include <ATen/ops/rand.h>
#include <gmock/gmock.h>

#include "base/errors.h"
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
    for (const auto weights : {infer::WindowWeights::gaussian, infer::WindowWeights::plain}) {
      network.largest = 0;
      const at::Tensor tiled =
          run(network, {Tiling::Kind::window, {8, 12, 8}, overlap}, image, weights);
      EXPECT_TRUE(tiled.allclose(whole, 1e-5, 1e-6)) << overlap;
      EXPECT_EQ(network.largest, 2 * 2 * 8 * 12 * 8);
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
