// Networks of model distillation for brain tumors: sizes, work, and what the VAE branch does.
#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/errors.h"
#include "filled.h"
#include "models/catalog.h"
#include "models/layers/convolution.h"
#include "models/networks/cascaded_unet.h"
#include "models/networks/vae_unet.h"
#include "models/work.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

const std::array<int64_t, 3> full_patch{128, 128, 128};

int64_t numbers_in(const torch::nn::Module& module, const std::string& prefix) {
  int64_t sum = 0;
  for (const auto& item : module.named_parameters())
    if (item.key().starts_with(prefix)) sum += item.value().numel();
  return sum;
}

double giga(int64_t macs) { return static_cast<double>(macs) / 1e9; }

std::shared_ptr<Network> no_new_net(int64_t width) {
  return make_network({"network", "no-new-net", "test", {}}, 4, 3, width);
}

TEST(NoNewNet, ParametersAndWork) {
  EXPECT_EQ(parameter_count(no_new_net(30)->module()), 14490753);
  EXPECT_EQ(parameter_count(no_new_net(32)->module()), 16486691);
  EXPECT_EQ(parameter_count(no_new_net(16)->module()), 4123795);
  EXPECT_EQ(parameter_count(no_new_net(8)->module()), 1032011);
  EXPECT_NEAR(giga(macs_of(*no_new_net(0), 4, full_patch)), 392.4, 0.05) << "width 30";
  const auto with_bias = make_network({"network", "kd-net-unet", "test", {}}, 4, 3, 30);
  EXPECT_EQ(parameter_count(with_bias->module()), 14493063);
}

TEST(VaeUNet, ParametersAndWork) {
  const auto network = make_vae_unet({});
  const auto& module = network->module();
  EXPECT_EQ(numbers_in(module, "init."), 3456);
  EXPECT_EQ(numbers_in(module, "enc0."), 55424);
  EXPECT_EQ(numbers_in(module, "enc1."), 498176);
  EXPECT_EQ(numbers_in(module, "enc2."), 1991680);
  EXPECT_EQ(numbers_in(module, "enc3."), 15044608);
  EXPECT_EQ(numbers_in(module, "dec2.reduce."), 32768);
  EXPECT_EQ(numbers_in(module, "dec2.block."), 885248);
  EXPECT_EQ(numbers_in(module, "dec1.block."), 221440);
  EXPECT_EQ(numbers_in(module, "dec0.block."), 55424);
  EXPECT_EQ(numbers_in(module, "norm.") + numbers_in(module, "head."), 163);
  EXPECT_EQ(numbers_in(module, "vae."), 4475252);
  EXPECT_EQ(numbers_in(module, "vae.to_gaussian."), 2097408);
  EXPECT_EQ(numbers_in(module, "vae.from_sample."), 1056768);
  EXPECT_EQ(numbers_in(module, "vae.dec2."), 918016);
  EXPECT_EQ(parameter_count(module), 23273879);
  EXPECT_EQ(parameter_count(make_vae_unet({.width = 16})->module()), 8215911);
  const auto narrow = make_vae_unet({.width = 8});
  const auto& eight = narrow->module();
  EXPECT_EQ(parameter_count(eight) - numbers_in(eight, "vae."), 1176843);
  EXPECT_NEAR(giga(macs_of(*network, 4, full_patch)), 584.6, 0.05) << "without the branch";
  EXPECT_NEAR(giga(macs_of(*make_vae_unet({.width = 16}), 4, full_patch)), 148.0, 0.05);
}

at::Tensor image(int64_t samples, int64_t side) {
  return wave({samples, 2, side, side, side}, 0, 1, 43.7, 0).to(at::kFloat);
}

std::shared_ptr<Network> small() {
  auto network = make_vae_unet({.in_channels = 2, .width = 8, .image_size = {32, 32, 32}});
  initialize(*network, 5);
  return network;
}

TEST(VaeUNet, RestoresImagesOnlyWhenAsked) {
  const auto network = small();
  const std::vector<std::string> both{"latent", "reconstruction"};
  const auto out = network->forward({.image = image(2, 32)}, both);
  EXPECT_EQ(out.logits.sizes(), at::IntArrayRef({2, 3, 32, 32, 32}));
  EXPECT_EQ(out.extra.get("latent").sizes(), at::IntArrayRef({2, 2, 128}));
  EXPECT_EQ(out.extra.get("reconstruction").sizes(), at::IntArrayRef({2, 2, 32, 32, 32}));
  network->forward({.image = image(1, 32)}).logits.square().mean().backward();
  for (const auto& item : network->module().named_parameters())
    EXPECT_EQ(item.value().grad().defined(), !item.key().starts_with("vae.")) << item.key();
  // The sample is differentiable: the gradient of the restored images reaches the encoder.
  const auto again = small();
  tensor::Noise noise(1, {2});
  again->forward({.image = image(1, 32), .noise = &noise}, both)
      .extra.get("reconstruction")
      .square()
      .mean()
      .backward();
  const auto all = again->module().named_parameters();
  EXPECT_GT(all["enc3.0.conv_1.weight"].grad().abs().max().item<double>(), 0);
  EXPECT_GT(all["vae.to_gaussian.weight"].grad().abs().max().item<double>(), 0);
  EXPECT_FALSE(all["head.weight"].grad().defined());
}

TEST(VaeUNet, SamplesAndDropsThroughNoiseAlone) {
  const c10::NoGradGuard no_grad;
  const auto network = small();
  EXPECT_TRUE(network->has_dropout());
  const std::vector<std::string> wanted{"reconstruction"};
  const auto run = [&](tensor::Noise* noise) {
    return network->forward({.image = image(1, 32), .noise = noise}, wanted);
  };
  tensor::Noise noise(1, {2}), other(1, {3});
  EXPECT_TRUE(run(nullptr).logits.equal(run(nullptr).logits));
  EXPECT_TRUE(run(&noise).extra.get(wanted[0]).equal(run(&noise).extra.get(wanted[0])));
  EXPECT_FALSE(run(&noise).logits.equal(run(nullptr).logits));
  EXPECT_FALSE(run(&noise).extra.get(wanted[0]).equal(run(&other).extra.get(wanted[0])));
}

TEST(VaeUNet, RefusesImagesThatItsBranchWasNotMadeFor) {
  const c10::NoGradGuard no_grad;
  const auto network = small();
  EXPECT_EQ(network->forward({.image = image(1, 40)}).logits.size(2), 40) << "to segment is enough";
  const std::vector<std::string> wanted{"latent"};
  EXPECT_THROW(network->forward({.image = image(1, 40)}, wanted), DataError);
  EXPECT_THROW(network->forward({.image = image(1, 36)}), DataError);
  EXPECT_THROW(make_vae_unet({.image_size = {40, 40, 40}}), UsageError);
  EXPECT_THROW(make_vae_unet({.image_size = {32, 32}}), UsageError);
  EXPECT_THROW(make_vae_unet({.width = 12}), UsageError);
}

TEST(VaeUNet, PublicFormSharesTheDecoder) {
  const auto form = [](int64_t width) {
    return make_vae_unet({.width = width, .latents = 256, .shared_decoder = true});
  };
  EXPECT_EQ(parameter_count(form(32)->module()), 25214743);
  EXPECT_EQ(parameter_count(form(16)->module()), 11060391);
  // Restoring images trains the decoder that segments.
  const auto network = make_vae_unet({.in_channels = 2,
                                      .width = 8,
                                      .image_size = {32, 32, 32},
                                      .latents = 5,
                                      .shared_decoder = true,
                                      .fixed_deviation = 0.3});
  initialize(*network, 5);
  const std::vector<std::string> both{"latent", "reconstruction"};
  const auto out = network->forward({.image = image(1, 32)}, both);
  EXPECT_EQ(out.extra.get("latent").sizes(), at::IntArrayRef({1, 2, 5}));
  EXPECT_NEAR(out.extra.get("latent")[0][1][2].item<double>(), std::log(0.09), 1e-6);
  out.extra.get("reconstruction").square().mean().backward();
  for (const auto& item : network->module().named_parameters())
    EXPECT_EQ(item.value().grad().defined(),
              !item.key().starts_with("head.") && !item.key().starts_with("norm."))
        << item.key() << ": no parameter waits in vain";
}

TEST(VaeUNet, TheBranchIsWorkOfTrainingAlone) {
  const auto network = make_vae_unet({.width = 8, .image_size = {32, 64, 32}});
  const std::array<int64_t, 3> size{32, 64, 32};
  const std::vector<std::string> both{"latent", "reconstruction"};
  for (const auto& layer : work_of(*network, 4, size))
    EXPECT_FALSE(layer.name.starts_with("vae.")) << layer.name;
  int64_t branch = 0;
  for (const auto& layer : work_of(*network, 4, size, both))
    if (layer.name.starts_with("vae.")) branch += layer.macs;
  EXPECT_EQ(macs_of(*network, 4, size, both), macs_of(*network, 4, size) + branch);
  EXPECT_GT(branch, 0);
}

TEST(CascadedUNet, ParametersAndWork) {
  const auto network = make_cascaded_unet({});
  const auto& module = network->module();
  EXPECT_EQ(numbers_in(module, "quarter."), 7277955);
  EXPECT_EQ(numbers_in(module, "half."), 1822115);
  EXPECT_EQ(numbers_in(module, "full."), 456915);
  EXPECT_EQ(parameter_count(module), 9556985);
  EXPECT_EQ(parameter_count(make_cascaded_unet({.classes = 4})->module()), 9557124);
  std::map<std::string, int64_t> macs;
  for (const auto& layer : work_of(*network, 4, full_patch))
    macs[layer.name.substr(0, layer.name.find('.'))] += layer.macs;
  EXPECT_NEAR(giga(macs["quarter"]), 7.22, 0.005);
  EXPECT_NEAR(giga(macs["half"]), 14.57, 0.005);
  EXPECT_NEAR(giga(macs["full"]), 29.62, 0.005);
  EXPECT_NEAR(giga(macs_of(*network, 4, full_patch)), 51.4, 0.05);
}

std::shared_ptr<Network> small_cascade(bool plain = false) {
  auto network = make_cascaded_unet({.in_channels = 2, .width = 2, .plain = plain});
  initialize(*network, 5);
  return network;
}

TEST(CascadedUNet, CoarserNetsGiveLogitsAndFeelTheFinestLoss) {
  const auto network = small_cascade();
  const std::vector<std::string> both{"half", "quarter"};
  const auto out = network->forward({.image = image(2, 64)}, both);
  EXPECT_EQ(out.logits.sizes(), at::IntArrayRef({2, 3, 64, 64, 64}));
  EXPECT_EQ(out.extra.get("half").sizes(), at::IntArrayRef({2, 3, 32, 32, 32}));
  EXPECT_EQ(out.extra.get("quarter").sizes(), at::IntArrayRef({2, 3, 16, 16, 16}));
  out.logits.square().mean().backward();
  const auto all = network->module().named_parameters();
  for (const std::string net : {"half", "quarter"})
    EXPECT_GT(all[net + ".enc3.block.conv_2.weight"].grad().abs().max().item<double>(), 0) << net;
  EXPECT_THROW(network->forward({.image = image(1, 48)}), DataError);
}

TEST(CascadedUNet, GroupsByTheFastKernelsEqualLibTorchs) {
  for (const bool gradients : {false, true}) {
    const auto run = [&](bool plain) {
      const auto network = small_cascade(plain);
      const c10::AutoGradMode mode(gradients);
      const at::Tensor logits = network->forward({.image = image(1, 64)}).logits;
      if (!gradients) return logits;
      logits.square().mean().backward();
      return network->module().named_parameters()["full.enc1.conv.weight"].grad().clone();
    };
    const at::Tensor fast = run(false), slow = run(true);
    EXPECT_LE((fast - slow).abs().max().item<double>(), 2e-4 * slow.abs().max().item<double>())
        << (gradients ? "gradient" : "logits");
  }
}

TEST(CascadedUNet, WhatIsWithheldDoesNotCount) {
  const auto network = small_cascade();
  at::Tensor one = image(1, 64), other = one.clone();
  other.select(1, 1).fill_(std::numeric_limits<double>::quiet_NaN());
  const at::Tensor present = at::ones({1, 2});
  present[0][1] = 0;
  const auto run = [&](const at::Tensor& x, const at::Tensor& given) {
    return network->forward({.image = x, .present = given}).logits;
  };
  const at::Tensor without = run(other, present);
  EXPECT_TRUE(without.equal(run(one, present)));
  EXPECT_FALSE(without.equal(run(one, {})));
  without.square().mean().backward();
  for (const auto& item : network->module().named_parameters())
    EXPECT_TRUE(at::isfinite(item.value().grad()).all().item<bool>()) << item.key();
}

TEST(CascadedUNet, DropsValuesThroughNoiseAlone) {
  const c10::NoGradGuard no_grad;
  const auto network = small_cascade();
  EXPECT_TRUE(network->has_dropout());
  const auto run = [&](tensor::Noise* noise) {
    return network->forward({.image = image(1, 64), .noise = noise}).logits;
  };
  tensor::Noise noise(1, {2}), other(1, {3});
  const at::Tensor first = run(&noise);
  EXPECT_TRUE(first.equal(run(&noise)));
  EXPECT_FALSE(first.equal(run(nullptr)));
  EXPECT_FALSE(first.equal(run(&other)));
}

}  // namespace
}  // namespace kdseg::models
