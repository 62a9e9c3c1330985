// Sizes, names, initial values, refusals of the networks that take any subset of their images, and
// what a withheld image may not do.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "filled.h"
#include "models/catalog.h"
#include "models/layers/convolution.h"
#include "models/networks/subsets/fusion.h"
#include "models/networks/subsets/u_hemis.h"
#include "models/networks/subsets/u_hved.h"
#include "models/work.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

int64_t numbers_in(Network& network, const std::string& prefix) {
  int64_t sum = 0;
  for (const auto& item : network.module().named_parameters())
    if (item.key().starts_with(prefix)) sum += item.value().numel();
  return sum;
}

int64_t convolutions(Network& network) {
  int64_t count = 0;
  for (const auto& p : network.module().parameters()) count += p.dim() == 5 ? 1 : 0;
  return count;
}

at::Tensor subset(std::initializer_list<double> given, int64_t samples = 1) {
  return at::tensor(given, at::kDouble).view({samples, -1});
}

std::shared_ptr<Network> made(bool variational, int64_t images = 4, int64_t classes = 4) {
  auto network = variational ? make_u_hved({.images = images, .classes = classes, .width = 2})
                             : make_u_hemis({.images = images, .classes = classes, .width = 2});
  initialize(*network, 7);
  return network;
}

at::Tensor images(int64_t samples, int64_t count, double phase = 0) {
  return wave({samples, count, 16, 16, 16}, 0, 1, 0.013, phase).to(at::kFloat);
}

TEST(UHemis, ParameterCounts) {
  const auto network = make_u_hemis({});
  EXPECT_EQ(parameter_count(network->module()), 565888);
  EXPECT_EQ(convolutions(*network), 43);
  EXPECT_EQ(parameter_count(make_u_hemis({.width = 4})->module()), 141896);
  EXPECT_EQ(numbers_in(*network, "enc.0."), 111776);
  EXPECT_EQ(numbers_in(*network, "enc.1.conv_0."), 8);
  EXPECT_EQ(numbers_in(*network, "enc.1.block_1."), 2624);
  EXPECT_EQ(numbers_in(*network, "enc.2.block_2."), 5224);
  EXPECT_EQ(numbers_in(*network, "enc.3.block_3."), 20816);
  EXPECT_EQ(numbers_in(*network, "enc.3.block_4."), 83104);
  EXPECT_EQ(numbers_in(*network, "dec.seg."), 118784);
  EXPECT_EQ(numbers_in(*network, "dec.seg.block_1."), 97024);
  EXPECT_EQ(numbers_in(*network, "dec.seg.block_2."), 17376);
  EXPECT_EQ(numbers_in(*network, "dec.seg.block_3."), 4368);
  EXPECT_EQ(numbers_in(*network, "dec.seg.final."), 16);
}

TEST(UHved, ParameterCounts) {
  const auto network = make_u_hved({});
  EXPECT_EQ(parameter_count(network->module()), 1250552);
  EXPECT_EQ(convolutions(*network), 71);
  EXPECT_EQ(parameter_count(make_u_hved({.width = 4})->module()), 313372);
  EXPECT_EQ(numbers_in(*network, "enc.0."), 221560);
  EXPECT_EQ(numbers_in(*network, "enc.1.block_1."), 3488);
  EXPECT_EQ(numbers_in(*network, "enc.2.block_2."), 10416);
  EXPECT_EQ(numbers_in(*network, "enc.3.block_3."), 41568);
  EXPECT_EQ(numbers_in(*network, "enc.3.block_4."), 166080);
  EXPECT_EQ(numbers_in(*network, "dec.seg."), 72872);
  EXPECT_EQ(numbers_in(*network, "dec.3."), 72860);
  EXPECT_EQ(numbers_in(*network, "dec.seg.block_1."), 55456);
  EXPECT_EQ(numbers_in(*network, "dec.seg.block_2."), 13904);
  EXPECT_EQ(numbers_in(*network, "dec.0.block_3."), 3496);
  EXPECT_EQ(numbers_in(*network, "enc.") + numbers_in(*network, "dec.seg."), 959112);
  EXPECT_TRUE(network->module().named_parameters().contains("enc.2.block_4.in_1.bias"));
}

TEST(Subsets, MapsHaveTheSizeOfTheirLevel) {
  const c10::NoGradGuard no_grad;
  for (const bool variational : {false, true}) {
    const auto network = variational ? make_u_hved({}) : make_u_hemis({});
    initialize(*network, 1);
    const tensor::Input input{.image = images(1, 4)};
    const auto out = network->forward(input, network->extras());
    EXPECT_EQ(out.logits.sizes(), at::IntArrayRef({1, 4, 16, 16, 16}));
    for (int64_t level = 0; level < 4; ++level) {
      const int64_t side = 16 >> level, channels = (variational ? 4 : 8) << level;
      EXPECT_EQ(out.extra.get("fused-" + std::to_string(level)).sizes(),
                at::IntArrayRef({1, channels, side, side, side}));
      if (!variational) continue;
      EXPECT_EQ(out.extra.get("posterior-" + std::to_string(level)).sizes(),
                at::IntArrayRef({1, 4, 2 * channels, side, side, side}));
      EXPECT_EQ(out.extra.get("reconstruction").sizes(), input.image.sizes());
    }
  }
}

TEST(Subsets, WorkOfAPass) {
  // Per voxel of the finest level: sum over convolutions of in * out * kernel / 8^level.
  const auto network = make_u_hemis({.images = 1});
  const double encoder = 8 + 27 * (64 + 32) + 27 * (4 * 16 + 16 * 8) / 8.0 +
                         27 * (8 * 32 + 32 * 16) / 64.0 + 27 * (16 * 64 + 64 * 32) / 512.0;
  const double decoder =
      27 * (96 * 32 + 32 * 16) / 64.0 + 27 * (32 * 16 + 16 * 8) / 8.0 + 27 * (16 * 8 + 8 * 4) + 16;
  EXPECT_EQ(static_cast<double>(macs_of(*network, 1, {16, 16, 16})), 4096 * (encoder + decoder));
  const auto hved = make_u_hved({.images = 2});
  const std::vector<std::string> wanted{"reconstruction"};
  const double image =
      27 * (48 * 32 + 32 * 16) / 64.0 + 27 * (24 * 16 + 16 * 8) / 8.0 + 27 * (12 * 8 + 8 * 4) + 4;
  EXPECT_EQ(static_cast<double>(macs_of(*hved, 2, {16, 16, 16}, wanted) -
                                macs_of(*hved, 2, {16, 16, 16})),
            4096 * 2 * image);
}

TEST(Subsets, InitialValuesAreTruncatedNormal) {
  const auto network = make_u_hved({});
  initialize(*network, 3);
  const auto all = network->module().named_parameters();
  const at::Tensor& weight = all["enc.1.block_4.conv_1.weight"];
  const double parameter = std::sqrt(2.0 / (27 * 64));
  EXPECT_LE(weight.abs().max().item<double>(), 2 * parameter);
  EXPECT_NEAR(weight.std().item<double>(), 0.8796 * parameter, 0.01 * parameter);
  EXPECT_EQ(all["enc.1.block_4.in_1.weight"].min().item<double>(), 1);
  EXPECT_EQ(all["dec.seg.block_2.in_0.bias"].abs().max().item<double>(), 0);
}

TEST(Subsets, AWithheldImageChangesNothing) {
  const c10::NoGradGuard no_grad;
  for (const bool variational : {false, true}) {
    const auto network = made(variational);
    at::Tensor x = images(1, 4);
    const at::Tensor present = subset({1, 0, 1, 1});
    const at::Tensor before = network->forward({.image = x, .present = present}).logits;
    for (const double value : {5.0, 1e30, std::nan("")}) {
      x.select(1, 1).fill_(value);
      const auto extras = network->extras();
      EXPECT_TRUE(network->forward({.image = x, .present = present}).logits.equal(before));
      EXPECT_TRUE(network->forward({.image = x, .present = present}, extras).logits.equal(before))
          << "with posteriors, whose encoders see it";
    }
    EXPECT_FALSE(network->forward({.image = images(1, 4)}).logits.equal(before));
  }
}

TEST(Subsets, EverySampleHasItsOwnSubset) {
  const c10::NoGradGuard no_grad;
  for (const bool variational : {false, true}) {
    const auto network = made(variational, 3, 2);
    at::Tensor x = images(2, 3);
    const at::Tensor present = subset({1, 0, 1, 0, 1, 0}, 2);
    x[0].select(0, 1).fill_(std::nan(""));
    x[1].select(0, 2).fill_(std::nan(""));
    const at::Tensor both = network->forward({.image = x, .present = present}).logits;
    for (int64_t n = 0; n < 2; ++n) {
      const at::Tensor alone =
          network->forward({.image = x.narrow(0, n, 1), .present = present.narrow(0, n, 1)}).logits;
      EXPECT_LT((both.narrow(0, n, 1) - alone).abs().max().item<double>(), 1e-5);
    }
  }
}

TEST(Subsets, WithheldImagesKeepGradientsFinite) {
  for (const bool variational : {false, true}) {
    const auto network = made(variational, 3, 2);
    at::Tensor x = images(2, 3);
    x[0].select(0, 1).fill_(std::nan(""));
    network->forward({.image = x, .present = subset({1, 0, 1, 1, 1, 1}, 2)})
        .logits.square()
        .sum()
        .backward();
    for (const auto& item : network->module().named_parameters())
      EXPECT_TRUE(!item.value().grad().defined() ||
                  std::isfinite(item.value().grad().sum().item<double>()))
          << item.key();
  }
}

TEST(Subsets, OneImageIsEnough) {
  const c10::NoGradGuard no_grad;
  for (const bool variational : {false, true}) {
    const auto network = made(variational, 1, 3);
    const auto logits = network->forward({.image = images(2, 1)}).logits;
    EXPECT_EQ(logits.size(1), 3);
    EXPECT_TRUE(std::isfinite(logits.sum().item<double>()));
  }
}

TEST(Subsets, TheFastWayAgreesWithThePlainOne) {
  const c10::NoGradGuard no_grad;
  for (const char* name : {"u-hemis", "u-hved"}) {
    const auto logits = [&](const char* convolution, at::ScalarType type) {
      const Section section{"network", name, "", {{"convolution", convolution, ""}}};
      const auto network = make_network(section, 4, 4);
      initialize(*network, 5);
      network->module().to(type);
      return network->forward({.image = images(1, 4).to(type)}).logits.to(at::kDouble);
    };
    const at::Tensor exact = logits("plain", at::kDouble);
    EXPECT_LT(at::norm(logits("auto", at::kFloat) - exact).item<double>(),
              2e-5 * at::norm(exact).item<double>());
  }
}

TEST(UHved, LatentsAreSampledThroughNoise) {
  const c10::NoGradGuard no_grad;
  const auto network = made(true);
  const at::Tensor x = images(1, 4);
  tensor::Noise noise(5, {7}), other(5, {8}), both(5, {7, 8});
  const auto mean = network->forward({.image = x}).logits;
  const auto first = network->forward({.image = x, .noise = &noise}).logits;
  EXPECT_FALSE(first.equal(mean));
  EXPECT_TRUE(first.equal(network->forward({.image = x, .noise = &noise}).logits));
  const auto second = network->forward({.image = x, .noise = &other}).logits;
  EXPECT_FALSE(first.equal(second));
  const auto samples = network->forward({.image = x, .noise = &both}).logits;
  ASSERT_EQ(samples.size(0), 2);
  EXPECT_LT((samples.narrow(0, 1, 1) - second).abs().max().item<double>(), 1e-5);
}

TEST(UHved, MaySampleOutsideTraining) {
  const c10::NoGradGuard no_grad;
  const auto run = [](bool sample) {
    const auto network = make_u_hved({.width = 2, .sample_at_test = sample});
    initialize(*network, 7);
    const std::vector<std::string> wanted{"reconstruction"};
    return network->forward({.image = images(1, 4)}, wanted);
  };
  EXPECT_TRUE(run(true).logits.equal(run(true).logits));
  EXPECT_FALSE(run(true).logits.equal(run(false).logits));
  EXPECT_TRUE(run(true).extra.get("reconstruction").equal(run(false).extra.get("reconstruction")))
      << "images are completed from means";
}

TEST(Fusion, MeanAndVariance) {
  const Availability two({}, 1, 2, "test"), one(subset({0, 1}), 1, 2, "test");
  const ImageMaps maps{at::full({1, 1, 1, 1, 1}, 1.0), at::full({1, 1, 1, 1, 1}, 3.0)};
  const auto values = [](const at::Tensor& x) {
    return std::pair{x.select(1, 0).item<double>(), x.select(1, 1).item<double>()};
  };
  EXPECT_EQ(values(mean_and_variance(maps, two, false)), std::pair(2.0, 1.0));
  EXPECT_EQ(values(mean_and_variance(maps, two, true)), std::pair(2.0, 2.0));
  EXPECT_EQ(values(mean_and_variance(maps, one, false)), std::pair(3.0, 0.0));
  EXPECT_EQ(values(mean_and_variance(maps, one, true)), std::pair(3.0, 0.0));
}

TEST(Fusion, ProductOfGaussians) {
  const auto gaussian = [](double mean, double variance) {
    return at::tensor({mean, std::log(variance)}, at::kDouble).view({1, 2, 1, 1, 1});
  };
  const auto expect = [](const ImageMaps& maps, const at::Tensor& present, double mean,
                         double variance) {
    const Availability given(present, 1, static_cast<int64_t>(maps.size()), "test");
    const auto product = product_of_gaussians(maps, given);
    EXPECT_NEAR(product.mean.item<double>(), mean, 1e-6);
    EXPECT_NEAR(std::exp(product.log_variance.item<double>()), variance, 1e-6);
    return product.mean;
  };
  expect({gaussian(1, 1)}, {}, .5, .5);
  const at::Tensor mean = expect({gaussian(1, 1), gaussian(3, 1)}, {}, 1.3333333, .3333333);
  expect({gaussian(1, 1), gaussian(3, .5)}, {}, 1.75, .25);
  EXPECT_TRUE(mean.equal(expect({gaussian(3, 1), gaussian(1, 1)}, {}, 1.3333333, .3333333)));
  EXPECT_TRUE(mean.equal(expect({gaussian(1, 1), gaussian(std::nan(""), 1), gaussian(3, 1)},
                                subset({1, 0, 1}), 1.3333333, .3333333)));
}

TEST(Subsets, RefuseWrongInputs) {
  for (const bool variational : {false, true}) {
    const auto network = made(variational);
    EXPECT_TRUE(network->takes_subsets());
    EXPECT_THROW(network->forward({.image = images(1, 3)}), DataError);
    EXPECT_THROW(network->forward({.image = at::full({1, 4, 16, 16, 12}, 1.0f)}), DataError);
    EXPECT_THAT(
        [&] {
          network->forward({.image = images(1, 4), .present = subset({1, 1, 1})});
        },
        ::testing::ThrowsMessage<DataError>(AllOf(HasSubstr("[1, 3]"), HasSubstr("[1, 4]"))));
    EXPECT_THROW(network->forward({.image = images(1, 4), .present = subset({0, 0, 0, 0})}),
                 DataError);
    const std::vector<std::string> wrong{"fused-9"};
    EXPECT_THROW(network->forward({.image = images(1, 4)}, wrong), UsageError);
  }
  EXPECT_THROW(make_u_hemis({.width = 3}), UsageError);
  EXPECT_THROW(make_u_hved({.width = 3}), UsageError);
}

}  // namespace
}  // namespace kdseg::models
