// The networks of mutual knowledge distillation between unpaired modalities: sizes, work, and the
// statistics that their batch norms go by.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "base/errors.h"
#include "filled.h"
#include "models/catalog.h"
#include "models/layers/normalization.h"
#include "models/networks/patch_gan.h"
#include "models/networks/residual_unet.h"
#include "models/networks/resnet_generator.h"
#include "models/work.h"

namespace kdseg::models {
namespace {

using tensor::Statistics;

const std::array<int64_t, 3> full_slice{256, 256, 1};

ResNetGeneratorOptions cyclegan(int64_t width) {
  return {.width = width,
          .reflection = true,
          .affine = false,
          .rectify_sum = false,
          .add_input = false};
}

int64_t numbers_in(const torch::nn::Module& module, const std::string& prefix) {
  int64_t sum = 0;
  for (const auto& item : module.named_parameters())
    if (item.key().starts_with(prefix)) sum += item.value().numel();
  return sum;
}

double giga(int64_t macs) { return static_cast<double>(macs) / 1e9; }

void clear(torch::nn::Module& module) {
  const c10::NoGradGuard no_grad;
  for (auto parameter : module.parameters()) parameter.zero_();
}

TEST(ResNetGenerator, ParametersAndWork) {
  const auto sifa = make_resnet_generator({});
  EXPECT_EQ(parameter_count(sifa->module()), 2849537);
  EXPECT_EQ(sifa->module().parameters().size(), 94u);
  EXPECT_EQ(numbers_in(sifa->module(), "c1."), 1664);
  EXPECT_EQ(numbers_in(sifa->module(), "c2."), 18624);
  EXPECT_EQ(numbers_in(sifa->module(), "c3."), 74112);
  EXPECT_EQ(numbers_in(sifa->module(), "r9."), 295680);
  EXPECT_EQ(numbers_in(sifa->module(), "c4."), 73920);
  EXPECT_EQ(numbers_in(sifa->module(), "c5."), 18528);
  EXPECT_EQ(numbers_in(sifa->module(), "c6."), 1569);
  EXPECT_NEAR(giga(macs_of(*sifa, 1, full_slice)), 12.29, 0.005);

  const auto original = make_resnet_generator(cyclegan(64));
  EXPECT_EQ(parameter_count(original->module()), 11365633);
  EXPECT_EQ(original->module().parameters().size(), 48u);
  EXPECT_NEAR(giga(macs_of(*original, 1, full_slice)), 48.73, 0.005);
  EXPECT_EQ(parameter_count(make_resnet_generator(cyclegan(32))->module()), 2844289);
  ResNetGeneratorOptions colors = cyclegan(64);
  colors.in_channels = colors.out_channels = 3;
  EXPECT_EQ(parameter_count(make_resnet_generator(colors)->module()), 11378179);
}

TEST(ResNetGenerator, MakesImagesOfTheSizeItSees) {
  const c10::NoGradGuard no_grad;
  for (const auto& options : {ResNetGeneratorOptions{.width = 4}, cyclegan(4)}) {
    const auto network = make_resnet_generator(options);
    initialize(*network, 3);
    const at::Tensor y =
        network->forward({.image = wave({2, 1, 36, 24}, 0, 1, 43.7, 0).to(at::kFloat)}).logits;
    EXPECT_EQ(y.sizes(), at::IntArrayRef({2, 1, 36, 24}));
    EXPECT_LE(y.abs().max().item<double>(), 1.0);
  }
}

TEST(ResNetGenerator, WithoutWeightsItGivesTanhOfItsInputOrNothing) {
  const c10::NoGradGuard no_grad;
  const auto sifa = make_resnet_generator({.width = 4}),
             original = make_resnet_generator(cyclegan(4));
  clear(sifa->module());
  clear(original->module());
  const auto value = [](Network& network, double x) {
    return network.forward({.image = at::full({1, 1, 16, 16}, x, at::kFloat)})
        .logits[0][0][3][7]
        .item<double>();
  };
  EXPECT_NEAR(value(*sifa, 0.5), 0.462117, 1e-6);
  EXPECT_NEAR(value(*sifa, 0.462117), 0.431808, 1e-6);
  EXPECT_NEAR(value(*sifa, -1), -0.761594, 1e-6);
  EXPECT_EQ(value(*original, 0.5), 0);
}

TEST(ResNetGenerator, StartsFromSmallNormalNumbers) {
  const auto network = make_resnet_generator({});
  initialize(*network, 3);
  const auto all = network->module().named_parameters();
  EXPECT_NEAR(all["r3.first.conv.weight"].std().item<double>(), 0.02, 2e-4);
  EXPECT_NEAR(all["c4.conv.weight"].std().item<double>(), 0.02, 4e-4);
  EXPECT_EQ(all["r3.first.conv.bias"].abs().max().item<double>(), 0);
  EXPECT_EQ(all["c1.norm.weight"].min().item<double>(), 1);
}

TEST(ResNetGenerator, RefusesWhatItCannotAdd) {
  EXPECT_THROW(make_resnet_generator({.in_channels = 2}), UsageError);
  EXPECT_THROW(make_resnet_generator({.width = 2})->forward({.image = at::ones({1, 1, 18, 16})}),
               DataError);
}

TEST(PatchGan, ParametersWorkAndPatches) {
  const auto maker = make_resnet_generator({.width = 2});
  const auto sifa = make_patch_gan({}), original = make_patch_gan({.affine = false, .padding = 1});
  EXPECT_EQ(parameter_count(*sifa->module()), 2763520);
  EXPECT_EQ(sifa->module()->parameters().size(), 11u);
  EXPECT_EQ(numbers_in(*sifa->module(), "c2.") + numbers_in(*sifa->module(), "n2."), 131328);
  EXPECT_EQ(numbers_in(*sifa->module(), "c4.") + numbers_in(*sifa->module(), "n4."), 2098176);
  EXPECT_EQ(parameter_count(*original->module()), 2762689);
  EXPECT_EQ(original->module()->parameters().size(), 10u);
  EXPECT_NEAR(giga(macs_of(*sifa, *maker, 1, full_slice)), 3.58, 0.005);
  EXPECT_NEAR(giga(macs_of(*original, *maker, 1, full_slice)), 3.11, 0.005);
  const auto sides = [&](Discriminator& judge) {
    std::vector<int64_t> all;
    for (const auto& layer : work_of(judge, *maker, 1, full_slice)) all.push_back(layer.size[0]);
    return all;
  };
  EXPECT_EQ(sides(*sifa), (std::vector<int64_t>{129, 65, 33, 34, 35}));
  EXPECT_EQ(sides(*original), (std::vector<int64_t>{128, 64, 32, 31, 30}));
}

TEST(PatchGan, RefusesWhatItWasNotMadeFor) {
  const auto judge = make_patch_gan({.width = 2});
  EXPECT_THROW(judge->forward({}, {at::ones({1, 2, 64, 64}), {}}), DataError);
  EXPECT_THROW(judge->forward({}, {at::ones({1, 1, 64, 16}), {}}), DataError);
  EXPECT_THROW(judge->forward({}, {at::ones({1, 1, 64, 64, 64}), {}}), DataError);
}

TEST(ResidualUNet, ParametersAndWork) {
  const auto network = make_residual_unet({});
  const auto& module = network->module();
  EXPECT_EQ(parameter_count(module), 4041496);
  EXPECT_EQ(module.parameters().size(), 121u);
  int64_t means = 0, norms = 0;
  for (const auto& item : module.named_buffers())
    if (item.key().ends_with("running_mean")) ++norms, means += item.value().numel();
  EXPECT_EQ(norms, 37);
  EXPECT_EQ(means, 3200);
  EXPECT_EQ(numbers_in(module, "stem."), 144);
  EXPECT_EQ(numbers_in(module, "enc0."), 9344);
  EXPECT_EQ(numbers_in(module, "enc1."), 32992);
  EXPECT_EQ(numbers_in(module, "enc2."), 131520);
  EXPECT_EQ(numbers_in(module, "enc3."), 525184);
  EXPECT_EQ(numbers_in(module, "enc4."), 2098944);
  EXPECT_EQ(numbers_in(module, "dec3."), 935424);
  EXPECT_EQ(numbers_in(module, "dec2."), 234240);
  EXPECT_EQ(numbers_in(module, "dec1."), 58752);
  EXPECT_EQ(numbers_in(module, "dec0."), 14784);
  EXPECT_EQ(numbers_in(module, "norm.") + numbers_in(module, "head."), 168);
  EXPECT_EQ(numbers_in(module, "enc0.0."), 4672);
  EXPECT_EQ(numbers_in(module, "enc1.0."), 14432);
  EXPECT_EQ(numbers_in(module, "enc4.1."), 1180672);
  EXPECT_EQ(numbers_in(module, "dec3.0."), 640000);
  EXPECT_EQ(numbers_in(module, "dec0.0."), 10112);
  EXPECT_NEAR(giga(macs_of(*network, 1, full_slice)), 6.59, 0.005);
  const auto wide = make_residual_unet({.width = 32});
  EXPECT_EQ(parameter_count(wide->module()), 16152616);
  EXPECT_NEAR(giga(macs_of(*wide, 1, full_slice)), 26.34, 0.005);
}

TEST(ResidualUNet, SizesAndRefusals) {
  const c10::NoGradGuard no_grad;
  const auto network = make_residual_unet({.width = 2});
  initialize(*network, 1);
  EXPECT_EQ(network->forward({.image = at::ones({3, 1, 32, 48})}).logits.sizes(),
            at::IntArrayRef({3, 8, 32, 48}));
  EXPECT_THROW(network->forward({.image = at::ones({1, 1, 250, 256})}), DataError);
  EXPECT_THROW(network->forward({.image = at::ones({1, 1, 32, 32, 32})}), DataError);
}

TEST(XShape, SharesItsMiddleAlone) {
  const auto network = make_residual_unet({.width = 16, .domains = 2});
  EXPECT_EQ(parameter_count(network->module()), 5048624);
  EXPECT_EQ(numbers_in(network->module(), "shared."), 3034368);
  const auto small = make_residual_unet({.width = 2, .domains = 2});
  initialize(*small, 4);
  tensor::Input input{.image = wave({2, 1, 32, 32}, 0, 1, 43.7, 0).to(at::kFloat),
                      .domain = 1,
                      .statistics = Statistics::batch_and_gather};
  const at::Tensor second = small->forward(input).logits;
  second.square().mean().backward();
  for (const auto& item : small->module().named_parameters())
    EXPECT_EQ(item.value().grad().defined(), !item.key().starts_with("domain0.")) << item.key();
  for (const auto& item : small->module().named_buffers())
    if (item.key().starts_with("domain0.") && item.key().ends_with("running_mean")) {
      EXPECT_EQ(item.value().abs().max().item<double>(), 0) << item.key();
    }
  input.domain = 0;
  EXPECT_FALSE(small->forward(input).logits.equal(second));
  input.domain = 2;
  EXPECT_THROW(small->forward(input), DataError);
}

TEST(BatchNorm, GoesByTheStatisticsItIsTold) {
  const c10::NoGradGuard no_grad;
  BatchNorm norm({.channels = 3, .slope = 1});
  norm.weight.copy_(wave({3}, 1, 0.3, 1, 0));
  norm.bias.copy_(wave({3}, 0, 0.3, 1, 0));
  const at::Tensor x = wave({4, 3, 6, 5}, 2, 3, 43.7, 0).to(at::kFloat);
  const auto run = [&](Statistics statistics) {
    tensor::Input input;
    input.statistics = statistics;
    return norm.forward(x, Context(input, false)).tensor();
  };
  const auto by = [&](const at::Tensor& mean, const at::Tensor& variance) {
    const auto view = [](const at::Tensor& t) { return t.view({1, 3, 1, 1}); };
    return (x - view(mean)) / (view(variance) + 1e-5).sqrt() * view(norm.weight) + view(norm.bias);
  };
  const auto near = [](const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>() < 1e-5;
  };
  const at::Tensor zero = at::zeros({3}), one = at::ones({3});
  const at::Tensor mean = x.mean({0, 2, 3}), flat = x.transpose(0, 1).flatten(1);
  EXPECT_TRUE(near(run(Statistics::gathered), by(zero, one)));
  EXPECT_TRUE(near(run(Statistics::batch), by(mean, flat.var(1, false))));
  EXPECT_TRUE(norm.running_mean.equal(zero) && norm.running_var.equal(one)) << "untouched";
  EXPECT_TRUE(near(run(Statistics::batch_and_gather), by(mean, flat.var(1, false))));
  EXPECT_TRUE(near(norm.running_mean, mean * 0.1));
  EXPECT_TRUE(near(norm.running_var, one * 0.9 + flat.var(1, true) * 0.1));
  EXPECT_TRUE(near(run(Statistics::gathered), by(norm.running_mean, norm.running_var)));
}

TEST(GroupNorm, NormsGroupsOfChannels) {
  const c10::NoGradGuard no_grad;
  GroupNorm norm({.channels = 6, .groups = 2, .slope = 0});
  norm.weight.fill_(2);
  norm.bias.fill_(0.5);
  const at::Tensor x = wave({3, 6, 4, 5, 3}, 2, 3, 43.7, 0).to(at::kFloat);
  const at::Tensor groups = x.view({3, 2, -1});
  const at::Tensor normed =
      (groups - groups.mean(2, true)) / (groups.var(2, false).unsqueeze(2) + 1e-5).sqrt();
  const at::Tensor expected = (normed.view(x.sizes()) * 2 + 0.5).clamp_min(0);
  EXPECT_LT((norm.forward(x, Context({}, false)).tensor() - expected).abs().max().item<double>(),
            1e-5);
}

TEST(Unpaired, RowsOfTheCatalog) {
  const auto built = [](const char* name, std::vector<Setting> settings = {}) {
    return parameter_count(
        make_network({"network", name, "test", std::move(settings)}, 1, 8)->module());
  };
  EXPECT_EQ(built("resunet2d"), 4041496);
  const Section generator{"network", "resnet-generator", "test", {{"preset", "cyclegan", "test"}}};
  EXPECT_EQ(parameter_count(make_network(generator, 1, 1, 64)->module()), 11365633);
  const Section judge{"adversary", "patch-gan", "test", {{"preset", "cyclegan", "test"}}};
  EXPECT_EQ(parameter_count(*make_discriminator(judge, 1, 1)->module()), 2762689);
}

}  // namespace
}  // namespace kdseg::models
