// Sizes, names, initial values and refusals of the networks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/layers/convolution.h"
#include "models/networks/patch_discriminator.h"
#include "models/networks/unet.h"
#include "models/work.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

int64_t unet_parameters(int64_t channels, int64_t width) {
  return parameter_count(
      make_unet({.in_channels = channels, .classes = 4, .width = width})->module());
}

int64_t discriminator_parameters(PatchDiscriminatorOptions options) {
  return parameter_count(*make_patch_discriminator(options)->module());
}

const LayerWork& layer(const std::vector<LayerWork>& all, const std::string& name) {
  return *std::find_if(all.begin(), all.end(), [&](const auto& l) { return l.name == name; });
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

TEST(UNet, ParameterCountsOfThePaper) {
  EXPECT_EQ(unet_parameters(4, 32), 16489188);
  EXPECT_EQ(unet_parameters(3, 32), 16488324);
  EXPECT_EQ(unet_parameters(4, 8), 1032636);
  EXPECT_EQ(unet_parameters(3, 8), 1032420);
  EXPECT_EQ(unet_parameters(4, 4), 258848);
  EXPECT_EQ(unet_parameters(3, 4), 258740);
}

TEST(UNet, StateNamesOfTheOfficialCode) {
  const auto network = make_unet({.width = 4});
  const auto all = network->module().named_parameters();
  EXPECT_EQ(all.size(), 78u);
  for (const char* name :
       {"conv_d1.conv1.conv.weight", "conv_d1.conv1.inst.weight", "conv_c5.conv2.inst.bias",
        "conv_u4.conv_up.weight", "conv_u4.conv_up.bias", "conv_u4.conv_left.weight",
        "conv_u1.inst.bias", "conv_u1.conv_out.conv.bias", "conv_u1.conv_out.inst.weight",
        "conv_out.weight", "conv_out.bias"})
    EXPECT_TRUE(all.contains(name)) << name;
  EXPECT_FALSE(all.contains("conv_u4.conv_left.bias"));
}

TEST(UNet, ShapesAndWorkAtFullSize) {
  const UNetOptions student{.in_channels = 3};
  const std::array<int64_t, 3> size{160, 192, 160};
  const auto layers = work_of(*make_unet(student), 3, size);
  EXPECT_EQ(layers.size(), 23u) << "one entry for each convolution";
  EXPECT_EQ(layer(layers, "conv_d2.conv2.conv").size, (std::array<int64_t, 3>{80, 96, 80}));
  EXPECT_EQ(layer(layers, "conv_d4.conv2.conv").size, (std::array<int64_t, 3>{20, 24, 20}));
  EXPECT_EQ(layer(layers, "conv_c5.conv1.conv").size, (std::array<int64_t, 3>{10, 12, 10}));
  EXPECT_EQ(layer(layers, "conv_c5.conv1.conv").out, 512);
  EXPECT_EQ(layer(layers, "conv_u3.conv_out.conv").out, 64);
  EXPECT_EQ(layer(layers, "conv_out").size, size);
  EXPECT_NEAR(static_cast<double>(total_macs(layers)) / 1e9, 1041, 0.5);
  const auto teacher = make_unet({.in_channels = 4});
  EXPECT_NEAR(static_cast<double>(macs_of(*teacher, 4, size)) / 1e9, 1045, 0.5);
}

TEST(UNet, MapsHaveTheSizeOfTheirLevel) {
  const c10::NoGradGuard no_grad;
  const auto network = make_unet({.in_channels = 3, .width = 2});
  initialize(*network, 1);
  const auto names = network->extras();
  const auto out = network->forward({.image = at::ones({2, 3, 32, 48, 32})}, names);
  EXPECT_EQ(out.logits.sizes(), at::IntArrayRef({2, 4, 32, 48, 32}));
  EXPECT_EQ(out.extra.get("d2").sizes(), at::IntArrayRef({2, 4, 16, 24, 16}));
  EXPECT_EQ(out.extra.get("u3").sizes(), at::IntArrayRef({2, 4, 8, 12, 8}));
  EXPECT_EQ(out.extra.get("d3").sizes(), at::IntArrayRef({2, 8, 8, 12, 8}));
  EXPECT_EQ(out.extra.get("u4").sizes(), at::IntArrayRef({2, 8, 4, 6, 4}));
  EXPECT_EQ(out.extra.get("d4").sizes(), at::IntArrayRef({2, 16, 4, 6, 4}));
  EXPECT_EQ(out.extra.get("c5").sizes(), at::IntArrayRef({2, 16, 2, 3, 2}));
}

TEST(UNet, DropoutPerBlock) {
  EXPECT_THAT(unet_dropout({.in_channels = 4, .width = 32}),
              ElementsAre(0.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2));
  EXPECT_THAT(unet_dropout({.in_channels = 4, .width = 32, .dropout_blocks = {"u2", "u1"}}),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, .2, .2));
  EXPECT_FALSE(make_unet({.in_channels = 3, .width = 4, .dropout_blocks = {"d1"}})->has_dropout());
  EXPECT_THAT(message([] { make_unet({.dropout_blocks = {"u5"}}); }), HasSubstr("no block 'u5'"));
  EXPECT_EQ(unet_dropout({.in_channels = 4, .width = 4})[0], 0.2) << "rule of the official code";
  EXPECT_EQ(unet_dropout({.in_channels = 4, .width = 4, .first_dropout_by_channels = false})[0],
            0.0);
}

TEST(UNet, DropoutOnlyThroughNoise) {
  const c10::NoGradGuard no_grad;
  const auto network = make_unet({.in_channels = 3, .width = 4});
  initialize(*network, 1);
  network->module().train();
  const at::Tensor x = at::ones({1, 3, 32, 32, 32});
  const auto plain = network->forward({.image = x}).logits;
  EXPECT_TRUE(plain.equal(network->forward({.image = x}).logits));
  tensor::Noise noise(5, {7});
  const auto dropped = network->forward({.image = x, .noise = &noise}).logits;
  EXPECT_FALSE(plain.equal(dropped));
  EXPECT_TRUE(dropped.equal(network->forward({.image = x, .noise = &noise}).logits))
      << "a forward pass starts at the first site";
}

TEST(UNet, SeveralKeysGiveSeveralSamples) {
  const c10::NoGradGuard no_grad;
  const auto network = make_unet({.in_channels = 3, .width = 8});
  initialize(*network, 1);
  at::Tensor x = at::zeros({1, 3, 32, 32, 32});
  x.select(2, 7).fill_(1);
  tensor::Noise both(5, {7, 8}), second(5, {8});
  const auto samples = network->forward({.image = x, .noise = &both}).logits;
  ASSERT_EQ(samples.size(0), 2);
  const auto alone = network->forward({.image = x, .noise = &second}).logits;
  EXPECT_LT(samples.slice(0, 1, 2).sub(alone).abs().max().item<float>(), 2e-4);
}

TEST(UNet, InitialValues) {
  for (const auto& [channels, deviation] : {std::pair{3, 0.1571}, std::pair{4, 0.1361}}) {
    const auto network = make_unet({.in_channels = channels});
    initialize(*network, 3);
    const auto all = network->module().named_parameters();
    EXPECT_NEAR(all["conv_d1.conv1.conv.weight"].std().item<double>(), deviation, 0.04 * deviation);
    EXPECT_NEAR(all["conv_d2.conv1.conv.weight"].std().item<double>(), 0.04811, 0.0006);
    EXPECT_NEAR(all["conv_out.weight"].std().item<double>(), 0.25, 0.05);
    EXPECT_EQ(all["conv_u2.conv_up.bias"].abs().max().item<double>(), 0);
    EXPECT_EQ(all["conv_d3.conv1.inst.weight"].min().item<double>(), 1);
    EXPECT_EQ(all["conv_d3.conv1.inst.bias"].abs().max().item<double>(), 0);
  }
}

TEST(UNet, InitialValuesFollowTheSeed) {
  const auto weight = [](uint64_t seed) {
    const auto network = make_unet({.width = 2});
    initialize(*network, seed);
    return network->module().named_parameters()["conv_c5.conv1.conv.weight"].clone();
  };
  EXPECT_TRUE(weight(1).equal(weight(1)));
  EXPECT_FALSE(weight(1).equal(weight(2)));
}

TEST(UNet, RefusesWrongInputs) {
  const auto network = make_unet({.in_channels = 3, .width = 2});
  EXPECT_THROW(network->forward({.image = at::zeros({1, 4, 32, 32, 32})}), DataError);
  EXPECT_THROW(network->forward({.image = at::zeros({1, 3, 32, 40, 32})}), DataError);
  EXPECT_THROW(network->forward({.image = at::zeros({3, 32, 32, 32})}), DataError);
  EXPECT_THAT(message([&] {
                network->forward({.image = at::zeros({1, 3, 32, 40, 32})});
              }),
              ::testing::AllOf(HasSubstr("[1, 3, 32, 40, 32]"), HasSubstr("[N, 3, D, H, W]")));
  const std::vector<std::string> wrong{"d9"};
  EXPECT_THROW(network->forward({.image = at::zeros({1, 3, 32, 32, 32})}, wrong), UsageError);
}

TEST(Discriminator, ParameterCountsOfThePaper) {
  EXPECT_EQ(discriminator_parameters({.width = 32}), 88205184);
  EXPECT_EQ(discriminator_parameters({.width = 32, .with_images = false}), 88180608);
  EXPECT_EQ(discriminator_parameters({.width = 8}), 5536224);
  EXPECT_EQ(discriminator_parameters({.width = 4}), 1391856);
  EXPECT_EQ(discriminator_parameters({.width = 32, .maps = false}), 44164992);
  EXPECT_EQ(discriminator_parameters({.width = 32, .maps = false, .with_images = false}), 44140416);
  EXPECT_EQ(discriminator_parameters({.width = 16, .maps = false}), 11072448) << "AD-Net, half";
}

TEST(Discriminator, WithoutMapsItSeesTheSegmentationAlone) {
  const auto discriminator = make_patch_discriminator({.width = 2, .maps = false});
  initialize(*discriminator, 3);
  EXPECT_TRUE(discriminator->needs().empty());
  tensor::Output output;
  output.logits = at::ones({1, 4, 48, 48, 48});
  EXPECT_EQ(discriminator->forward(at::ones({1, 3, 48, 48, 48}), output).sizes(),
            (std::vector<int64_t>{1, 1, 2, 2, 2}));
  const auto student = make_unet({.in_channels = 3});
  const auto work = macs_of(*make_patch_discriminator({.width = 32, .maps = false}), *student, 3,
                            {160, 192, 160});
  EXPECT_NEAR(static_cast<double>(work) / 1e9, 317, 0.5);
}

TEST(Discriminator, ScoresPerPatch) {
  const auto student = make_unet({.in_channels = 3});
  const auto judge = make_patch_discriminator({.width = 32});
  const auto scores = [&](std::array<int64_t, 3> size) {
    return work_of(*judge, *student, 3, size).back().size;
  };
  EXPECT_EQ(scores({160, 192, 160}), (std::array<int64_t, 3>{9, 11, 9}));
  EXPECT_EQ(scores({32, 32, 32}), (std::array<int64_t, 3>{1, 1, 1}));
  EXPECT_EQ(scores({48, 48, 48}), (std::array<int64_t, 3>{2, 2, 2}));
  EXPECT_EQ(scores({64, 64, 64}), (std::array<int64_t, 3>{3, 3, 3}));
  EXPECT_NEAR(static_cast<double>(macs_of(*judge, *student, 3, {160, 192, 160})) / 1e9, 599, 0.5);
}

TEST(Discriminator, InitialValuesAreUniformByFanIn) {
  const auto discriminator = make_patch_discriminator({.width = 8});
  initialize(*discriminator, 2);
  const auto all = discriminator->module()->named_parameters();
  EXPECT_NEAR(all["disc_1.weight"].abs().max().item<double>(), 0.04725, 1e-4);
  EXPECT_LE(all["disc_1.bias"].abs().max().item<double>(), 0.04725);
  EXPECT_GT(all["disc_1.bias"].abs().max().item<double>(), 0.03);
  EXPECT_NEAR(all["disc_3.weight"].std().item<double>(), 1 / std::sqrt(3.0 * 64 * 128), 1e-5);
}

TEST(Discriminator, RefusesWrongInputs) {
  const auto discriminator = make_patch_discriminator({.width = 2});
  tensor::Output output;
  output.logits = at::zeros({1, 4, 16, 16, 16});
  EXPECT_THROW(discriminator->forward(at::zeros({1, 3, 16, 16, 16}), output), DataError);
  output.logits = at::zeros({1, 4, 32, 32, 32});
  EXPECT_THROW(discriminator->forward(at::zeros({1, 4, 32, 32, 32}), output), DataError);
}

TEST(Catalog, BuildsWhatASectionDescribes) {
  const Section section{"network", "had-net-unet", "a.ini:3", {{"dropout", "0", "a.ini:4"}}};
  Section resolved;
  const auto network = make_network(section, 3, 4, 4, &resolved);
  EXPECT_EQ(parameter_count(network->module()), 258740);
  EXPECT_FALSE(network->has_dropout());
  const auto value = [&](const std::string& key) {
    for (const auto& s : resolved.settings)
      if (s.key == key) return s.value;
    return std::string("(absent)");
  };
  EXPECT_EQ(value("width"), "4") << "--width overrides the section";
  EXPECT_EQ(value("first-dropout"), "by-channels");
}

TEST(Catalog, NamesTheNearestRow) {
  const Section section{"network", "hadnet-unet", "a.ini:3", {}};
  EXPECT_THAT(message([&] { make_network(section, 3, 4); }),
              ::testing::AllOf(HasSubstr("a.ini:3"), HasSubstr("had-net-unet")));
  const Section other{"adversary", "hierarchical-discriminater", "a.ini:9", {}};
  EXPECT_THROW(make_discriminator(other, 3, 4), UsageError);
  const Section range{"network", "had-net-unet", "a.ini:3", {{"width", "0", "a.ini:4"}}};
  EXPECT_THROW(make_network(range, 3, 4), UsageError);
}

}  // namespace
}  // namespace kdseg::models
