// Networks of slices: the same networks with one axis less.
#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/reflection_pad2d.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <cmath>
#include <functional>

#include "base/errors.h"
#include "filled.h"
#include "models/layers/convolution.h"
#include "models/networks/kd_net_unet.h"
#include "models/networks/patch_discriminator.h"
#include "models/networks/subsets/u_hemis.h"
#include "models/networks/subsets/u_hved.h"
#include "models/networks/unet.h"
#include "models/work.h"

namespace kdseg::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// The parameters of a network of slices as those of the same network of volumes, which so sees
/// every slice by itself: one plane of each convolution has them, the others are 0.
void put_into_one_plane(const torch::nn::Module& slices, torch::nn::Module& volumes) {
  const c10::NoGradGuard no_grad;
  const auto flat = slices.named_parameters();
  for (const auto& item : volumes.named_parameters()) {
    const at::Tensor from = flat[item.key()];
    at::Tensor to = item.value();
    ASSERT_EQ(to.dim(), from.dim() > 1 ? from.dim() + 1 : from.dim()) << item.key();
    if (to.dim() == 1) {
      to.copy_(from);
      continue;
    }
    to.zero_();
    to.select(2, to.size(2) > 1 ? 1 : 0).copy_(from);
  }
}

/// Every slice of a volume that does not change along z.
at::Tensor volume_of(const at::Tensor& slice, int64_t depth) {
  return slice.unsqueeze(2).repeat({1, 1, depth, 1, 1});
}

void expect_slices(const at::Tensor& volume, const at::Tensor& slice, const std::string& what) {
  const int64_t axis = volume.dim() - 3;
  for (int64_t z = 0; z < volume.size(axis); ++z)
    EXPECT_LT((volume.select(axis, z) - slice).abs().max().item<double>(), 1e-9) << what;
}

at::Tensor slice(int64_t samples, int64_t channels, int64_t height = 32, int64_t width = 48) {
  return wave({samples, channels, height, width}, 0, 1, 43.7, 0.3);
}

/// Logits, extras and the image's gradient of both networks.
void expect_the_same_network(Network& slices, Network& volumes, int64_t channels) {
  fill_by_formula(slices.module());
  volumes.module().to(at::kDouble);
  put_into_one_plane(slices.module(), volumes.module());
  EXPECT_EQ(slices.dimensions(), 2);
  EXPECT_EQ(volumes.dimensions(), 3);
  const at::Tensor x = slice(2, channels).requires_grad_(), whole = volume_of(x.detach(), 32);
  const auto names = slices.extras();
  const auto flat = slices.forward({.image = x}, names);
  const auto full = volumes.forward({.image = whole}, names);
  expect_slices(full.logits.detach(), flat.logits.detach(), "logits");
  for (const auto& [name, map] : flat.extra.items)
    expect_slices(full.extra.get(name).detach(), map.detach(), name);
  EXPECT_EQ(flat.extra.items.size(), names.size());

  // A shift of one pixel of every slice at once changes every slice of the volume alike.
  const at::Tensor weight = wave(flat.logits.sizes(), 0, 1, 12.9898, 0.7);
  const at::Tensor gradient = torch::autograd::grad({(flat.logits * weight).sum()}, {x}).front();
  const c10::NoGradGuard no_grad;
  const double step = 1e-5;
  at::Tensor up = x.detach().clone(), down = x.detach().clone();
  up[1][0][5][7] += step;
  down[1][0][5][7] -= step;
  const auto value = [&](const at::Tensor& image) {
    return (slices.forward({.image = image}).logits * weight).sum().item<double>();
  };
  const double numeric = (value(up) - value(down)) / (2 * step);
  EXPECT_NEAR(gradient[1][0][5][7].item<double>(), numeric, 1e-5 * (1 + std::abs(numeric)));
}

TEST(Slices, EveryNetworkIsThatOfVolumesSliceBySlice) {
  expect_the_same_network(*make_unet({.in_channels = 3, .dimensions = 2, .width = 4}),
                          *make_unet({.in_channels = 3, .width = 4}), 3);
  for (const bool skips : {true, false})
    expect_the_same_network(
        *make_kd_net_unet({.in_channels = 2, .dimensions = 2, .width = 4, .skips = skips}),
        *make_kd_net_unet({.in_channels = 2, .width = 4, .skips = skips}), 2);
  for (const auto grid : {LinearGrid::tf_legacy, LinearGrid::half_pixel}) {
    expect_the_same_network(*make_u_hemis({.images = 3, .dimensions = 2, .width = 4, .grid = grid}),
                            *make_u_hemis({.images = 3, .width = 4, .grid = grid}), 3);
    expect_the_same_network(*make_u_hved({.images = 3, .dimensions = 2, .width = 4, .grid = grid}),
                            *make_u_hved({.images = 3, .width = 4, .grid = grid}), 3);
  }
}

TEST(Slices, DiscriminatorsJudgeThem) {
  const c10::NoGradGuard no_grad;
  for (const bool maps : {true, false}) {
    const auto flat = make_unet({.in_channels = 3, .dimensions = 2, .width = 4});
    fill_by_formula(flat->module());
    const auto judge = make_patch_discriminator({.dimensions = 2, .width = 4, .maps = maps});
    const auto whole = make_patch_discriminator({.width = 4, .maps = maps});
    fill_by_formula(*judge->module());
    whole->module()->to(at::kDouble);
    put_into_one_plane(*judge->module(), *whole->module());
    const at::Tensor x = slice(1, 3, 64, 48);
    const auto needs = judge->needs();
    const auto out = flat->forward({.image = x}, needs);
    tensor::Output volume{volume_of(out.logits, 64), {}};
    for (const auto& [name, map] : out.extra.items)
      volume.extra.set(name, volume_of(map, 64 * map.size(2) / x.size(2)));
    const at::Tensor scores = judge->forward(x, out);
    EXPECT_EQ(scores.sizes(), at::IntArrayRef({1, 1, 3, 2}));
    expect_slices(whole->forward(volume_of(x, 64), volume), scores, "scores");
  }
}

// Weights counted from the table of the paper: nine taps instead of 27.
TEST(Slices, ParametersAndWork) {
  const int64_t k = 4, channels = 3, classes = 4, taps = 9;
  const int64_t pairs = channels * k + k * k + k * 2 * k + 2 * k * 2 * k + 2 * k * 4 * k +
                        4 * k * 4 * k + 4 * k * 8 * k + 8 * k * 8 * k + 2 * 8 * k * 16 * k +
                        2 * 8 * k * 8 * k + 8 * k * 4 * k + 2 * 4 * k * 4 * k + 4 * k * 2 * k +
                        2 * 2 * k * 2 * k + 2 * k * k + 3 * k * k;
  const int64_t units = 2 * k * (1 + 2 + 4 + 8) + 24 * k + k * (8 + 4 + 4 + 2 + 2 + 1 + 1 + 1);
  EXPECT_EQ(27 * pairs + 3 * units + classes * k + classes, 258740) << "of volumes, as published";
  const auto network = make_unet({.in_channels = channels, .dimensions = 2, .width = k});
  EXPECT_EQ(parameter_count(network->module()), taps * pairs + 3 * units + classes * k + classes);
  // One level each: pairs of channels there, pixels / 4^level.
  const int64_t pixels = 64 * 32;
  const int64_t full = channels * k + k * k + 3 * k * k;
  const int64_t macs = macs_of(*network, channels, {64, 32, 1});
  EXPECT_GT(macs, pixels * (taps * full + classes * k));
  EXPECT_EQ(macs_of(*network, channels, {64, 32, 5}), 5 * macs) << "five slices";
  const auto layers = work_of(*network, channels, {64, 32, 1});
  EXPECT_EQ(layers.front().macs, pixels * taps * channels * k);
  EXPECT_EQ(layers.back().macs, pixels * classes * k);
  EXPECT_EQ(layers.back().name, "conv_out");
  EXPECT_EQ(layers.front().size, (std::array<int64_t, 3>{64, 32, 1}));
}

TEST(Slices, VolumesAreRefused) {
  const auto network = make_unet({.in_channels = 3, .dimensions = 2, .width = 2});
  EXPECT_THAT(
      [&] {
        network->forward({.image = wave({1, 3, 32, 32, 32}, 0, 1, 1, 0)});
      },
      ThrowsMessage<DataError>(HasSubstr("expected [N, 3, H, W] with H and W multiples")));
  EXPECT_THROW(network->forward({.image = wave({1, 3, 32, 40}, 0, 1, 1, 0)}), DataError);
}

/// A layer, filled, on x; and LibTorch's own on the same numbers.
void expect_layer(const ConvolutionShape& shape,
                  const std::function<at::Tensor(const at::Tensor& x, const Convolution&)>& own) {
  for (const auto type : {at::kDouble, at::kFloat}) {
    Convolution layer(shape);
    layer.to(type);
    {
      const c10::NoGradGuard no_grad;
      layer.weight.copy_(wave(layer.weight.sizes(), 0, 0.1, 0.37, 1));
      if (layer.bias.defined()) layer.bias.copy_(wave(layer.bias.sizes(), 0, 0.1, 1, 1));
    }
    const at::Tensor x = slice(2, shape.in, 12, 10).to(type).requires_grad_();
    const Context context({}, false);
    const at::Tensor y = layer.forward(x, context).tensor(), expected = own(x, layer);
    ASSERT_EQ(y.sizes(), expected.sizes());
    const double tolerance = type == at::kDouble ? 1e-12 : 1e-4;
    EXPECT_LT((y - expected).abs().max().item<double>(), tolerance);
    const at::Tensor weight = wave(y.sizes(), 0, 1, 12.9898, 0.7).to(type);
    const auto a = torch::autograd::grad({y}, {x, layer.weight}, {weight});
    const auto b = torch::autograd::grad({expected}, {x, layer.weight}, {weight});
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_LT((a[i] - b[i]).abs().max().item<double>(), 10 * tolerance);
    EXPECT_EQ(layer.forward(x.detach().to(at::kMeta), context).sizes(), y.sizes())
        << "without values";
  }
}

TEST(Slices, ConvolutionsAreLibTorchs) {
  const auto plain = [](int64_t stride, int64_t padding, int64_t groups) {
    return [=](const at::Tensor& x, const Convolution& layer) {
      return at::conv2d(x, layer.weight, layer.bias, stride, padding, 1, groups);
    };
  };
  expect_layer({.in = 3, .out = 5, .dimensions = 2}, plain(1, 1, 1));
  expect_layer({.in = 3, .out = 5, .kernel = 1, .dimensions = 2}, plain(1, 0, 1));
  expect_layer({.in = 3, .out = 5, .kernel = 7, .bias = false, .dimensions = 2}, plain(1, 3, 1));
  expect_layer({.in = 3, .out = 5, .stride = 2, .dimensions = 2}, plain(2, 1, 1));
  expect_layer({.in = 3, .out = 5, .kernel = 4, .stride = 2, .padding = 2, .dimensions = 2},
               plain(2, 2, 1));
  expect_layer({.in = 4, .out = 6, .groups = 2, .dimensions = 2}, plain(1, 1, 2));
  expect_layer({.in = 3, .out = 5, .kernel = 7, .border = Border::reflection, .dimensions = 2},
               [](const at::Tensor& x, const Convolution& layer) {
                 return at::conv2d(at::reflection_pad2d(x, {3, 3, 3, 3}), layer.weight, layer.bias);
               });
  expect_layer({.in = 3,
                .out = 5,
                .stride = 2,
                .padding = 1,
                .transposed = true,
                .output_padding = 1,
                .dimensions = 2},
               [](const at::Tensor& x, const Convolution& layer) {
                 return at::conv_transpose2d(x, layer.weight, layer.bias, 2, 1, 1);
               });
}

}  // namespace
}  // namespace kdseg::models
