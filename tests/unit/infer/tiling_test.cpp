#include "infer/tiling.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "base/errors.h"
#include "infer/memory.h"
#include "infer/predict.h"
#include "infer/sliding_window.h"
#include "unit/folder.h"
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

at::Tensor run(models::Network& network, const Tiling& tiling, const at::Tensor& image,
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
  const at::Tensor out = infer::sliding_window(numbered, {Tiling::Kind::window, {8, 8, 8}, 0.5},
                                               image, infer::WindowWeights::center);
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
          infer::sliding_window(pass, {kind, {8, 8, kind == Tiling::Kind::slices ? 1 : 8}, 0},
                                image, infer::WindowWeights::plain);
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

/// Every slice by itself, padded by hand to multiples of 4 with half of it (rounded down) in front.
at::Tensor slice_by_slice(test::Blur2D& network, const at::Tensor& image) {
  const int64_t h = image.size(3), w = image.size(4);
  const auto wanted = [](int64_t side) { return (side + 3) / 4 * 4; };
  const int64_t top = (wanted(h) - h) / 2, left = (wanted(w) - w) / 2;
  std::vector<at::Tensor> stack;
  for (int64_t z = 0; z < image.size(2); ++z) {
    const at::Tensor padded = at::constant_pad_nd(
        image.select(2, z), {left, wanted(w) - w - left, top, wanted(h) - h - top});
    stack.push_back(at::softmax(network.forward({.image = padded}, {}).logits, 1)
                        .narrow(2, top, h)
                        .narrow(3, left, w));
  }
  return at::stack(stack, 2);
}

TEST(Slices, EqualComputingEverySliceByItself) {
  test::Blur2D network(3, 4);
  for (const auto& size :
       {std::vector<int64_t>{1, 2, 19, 13, 9}, {2, 2, 7, 5, 22}, {1, 2, 1, 3, 3}}) {
    const at::Tensor image = at::rand(size);
    const at::Tensor expected = slice_by_slice(network, image);
    const at::Tensor found = run(network, {Tiling::Kind::slices, {0, 0, 1}, 0}, image);
    ASSERT_EQ(found.sizes(), expected.sizes());
    EXPECT_TRUE(found.allclose(expected, 0, 1e-6));
  }
}

// A network whose answer needs no neighbor leaves no seams between the windows of a slice.
TEST(Slices, MayBeCoveredByWindows) {
  test::Pointwise network(3, 4);
  const at::Tensor image = at::rand({1, 2, 5, 13, 22});
  const at::Tensor whole = run(network, {}, image);
  for (const double overlap : {0.0, 0.5}) {
    network.largest = 0;
    const Tiling tiling{Tiling::Kind::slices, {8, 12, 1}, overlap};
    EXPECT_TRUE(run(network, tiling, image).allclose(whole, 1e-5, 1e-6)) << overlap;
    EXPECT_EQ(network.largest, 5 * 2 * 8 * 12);
  }
}

TEST(Slices, ThatTheNetworkDoesNotTakeAreRefused) {
  test::Blur2D network(3, 16);
  const at::Tensor image = at::rand({1, 1, 3, 40, 40});
  for (const auto& size : {std::array<int64_t, 3>{30, 32, 1}, {32, 32, 2}, {16, 0, 1}})
    EXPECT_EQ(test::message_of<UsageError>([&] {
                run(network, {Tiling::Kind::slices, size, 0.5}, image);
              }),
              fmt::format("slices of {}x{}x{} voxels: the network takes multiples of 16 from 16 in "
                          "x and y, and 1 in z",
                          size[0], size[1], size[2]));
}

TEST(Slices, AreAsManyAtOnceAsTheMemoryLimitLets) {
  test::Blur2D network(3, 4);
  const at::Tensor image = at::rand({1, 2, 40, 64, 64});
  const auto passes = [&](double slices) {
    infer::PredictOptions options;
    options.memory_limit_gib =
        slices * infer::forward_peak_bytes(network, {1, 2, 64, 64}, at::kCPU) / (1 << 30);
    network.passes = 0;
    infer::probabilities(network, test::softmax_head(3), {Tiling::Kind::slices, {0, 0, 1}, 0},
                         image, options);
    return network.passes - 1;  // one measures
  };
  EXPECT_EQ(passes(100), 3);  // 16 at once at most
  EXPECT_EQ(passes(5.5), 8);
  EXPECT_EQ(passes(1.5), 40);
  EXPECT_THAT(test::message_of<RunError>([&] { passes(0.5); }),
              ::testing::HasSubstr("a slice of 64x64 voxels needs about"));
}

TEST(Memory, OfOnePassFollowsWhatItSees) {
  test::Blur2D network(3, 16);
  const Tiling slices{Tiling::Kind::slices, {0, 0, 1}, 0},
      window{Tiling::Kind::window, {64, 32, 16}, 0};
  EXPECT_THAT(infer::part_shape(network, slices, 2, {100, 60, 30}), ElementsAre(1, 2, 64, 112));
  EXPECT_THAT(infer::part_shape(network, {Tiling::Kind::slices, {32, 48, 1}, 0}, 2, {100, 60, 30}),
              ElementsAre(1, 2, 48, 32));
  EXPECT_THAT(infer::part_shape(network, window, 2, {100, 60, 30}), ElementsAre(1, 2, 16, 32, 64));
  EXPECT_THAT(infer::part_shape(network, {}, 2, {100, 60, 30}), ElementsAre(1, 2, 32, 64, 112));
  // The input's 2 channels of 4 bytes, and at least the 3 logits.
  const double bytes = infer::forward_peak_bytes(network, {1, 2, 256, 256}, at::kCPU);
  EXPECT_GE(bytes, 256 * 256 * 4 * (2 + 3));
  EXPECT_NEAR(infer::forward_peak_bytes(network, {4, 2, 256, 256}, at::kCPU), 4 * bytes, 1);
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
  infer::PredictOptions options;
  options.memory_limit_gib = 1e-6;
  EXPECT_THROW(infer::probabilities(network, test::softmax_head(3), {},
                                    at::rand({1, 1, 40, 40, 40}), options),
               RunError);
  EXPECT_THAT(test::message_of<RunError>([&] {
                infer::probabilities(network, test::softmax_head(3),
                                     {Tiling::Kind::window, {8, 8, 8}, 0.5}, image, options);
              }),
              ::testing::HasSubstr("a window of 8x8x8 voxels needs about"));
}

}  // namespace
