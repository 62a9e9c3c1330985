#include "infer/mc_dropout.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <torch/nn/module.h>

#include <cmath>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/networks/unet.h"
#include "prepare/recipe.h"
#include "tensor/noise.h"
#include "unit/folder.h"
#include "unit/infer/networks.h"
#include "unit/infer/volumes.h"

namespace {
using namespace kdseg;
using infer::SampleOptions;
using ::testing::HasSubstr;

constexpr double ln2 = 0.6931471805599453;
const std::vector<std::vector<int64_t>> regions{{1, 2, 3}, {1, 3}, {3}};

at::Tensor image(int64_t channels, int64_t side) {
  return at::sin(at::arange(channels * side * side * side, at::kDouble).mul(0.37))
      .view({1, channels, side, side, side})
      .to(at::kFloat);
}

std::shared_ptr<models::Network> unet(const models::UNetOptions& options) {
  auto network = models::make_unet(options);
  models::initialize(*network, 3);
  return network;
}

infer::SampleMeans sampled(models::Network& network, const at::Tensor& x, SampleOptions sampling,
                           const Tiling& tiling = {}, const std::string& id = "X") {
  return infer::sample_means(network, test::softmax_head(4), tiling, x, id, regions, {}, sampling);
}

/// The definition: T passes one after the other, each on its own.
at::Tensor naive_mean(models::Network& network, const at::Tensor& x, int64_t samples, uint64_t seed,
                      at::Tensor* entropy = nullptr) {
  const c10::NoGradGuard no_grad;
  at::Tensor mean;
  for (int64_t s = 0; s < samples; ++s) {
    tensor::Noise noise(seed, {infer::sample_key(seed, "X", s)});
    tensor::Input input{.image = x, .noise = &noise};
    const at::Tensor p = at::softmax(network.forward(input).logits.to(at::kDouble), 1);
    mean = s == 0 ? p : mean + p;
    if (!entropy) continue;
    const at::Tensor h = infer::region_entropy(p, regions, infer::Entropy::region_binary);
    *entropy = s == 0 ? h : *entropy + h;
  }
  if (entropy) entropy->div_(static_cast<double>(samples));
  return mean / static_cast<double>(samples);
}

TEST(McDropout, MeanIsThatOfSeparatePassesHoweverSamplesAreGrouped) {
  const auto network = unet({.in_channels = 3, .classes = 4, .width = 4, .plain = true});
  const at::Tensor x = image(3, 32);
  at::Tensor entropy;
  const at::Tensor expected = naive_mean(*network, x, 5, 7, &entropy);
  for (const int64_t at_once : {1, 2, 5, 0}) {
    const auto means = sampled(
        *network, x, {.samples = 5, .seed = 7, .at_once = at_once, .mutual_information = true});
    EXPECT_TRUE(means.probability.to(at::kDouble).allclose(expected, 0, 1e-5)) << at_once;
    EXPECT_TRUE(means.entropy.to(at::kDouble).allclose(entropy, 0, 1e-5)) << at_once;
  }
}

// The fast kernels take dropped channels away from sums that all samples share: whichever blocks
// drop, and equal for every grouping. (Single samples differ by up to 4e-5: so far apart are two
// orders of the same sums in these kernels.)
TEST(McDropout, SharedSumsAgree) {
  const at::Tensor x = image(3, 48);
  for (const auto& blocks : std::vector<std::vector<std::string>>{{}, {"u1"}, {"d2", "u2"}}) {
    const auto network =
        unet({.in_channels = 3, .classes = 4, .width = 8, .dropout_blocks = blocks});
    const at::Tensor expected = naive_mean(*network, x, 20, 7);
    const auto one = sampled(*network, x, {.samples = 20, .seed = 7, .at_once = 1}).probability;
    const auto all = sampled(*network, x, {.samples = 20, .seed = 7, .at_once = 2}).probability;
    EXPECT_TRUE(one.to(at::kDouble).allclose(expected, 0, 1e-5));
    EXPECT_TRUE(one.allclose(all, 0, 1e-5));
  }
}

TEST(McDropout, EverySampleCountsAndBelongsToItsCaseAndSeed) {
  const auto network = unet({.in_channels = 3, .classes = 4, .width = 4});
  const at::Tensor x = image(3, 32);
  const auto p = [&](SampleOptions o, const std::string& id) {
    return sampled(*network, x, o, {}, id).probability;
  };
  const at::Tensor one = p({.samples = 3, .seed = 1}, "X");
  EXPECT_TRUE(one.equal(p({.samples = 3, .seed = 1}, "X")));
  EXPECT_FALSE(one.allclose(p({.samples = 4, .seed = 1}, "X"), 0, 1e-5));
  EXPECT_FALSE(one.allclose(p({.samples = 3, .seed = 2}, "X"), 0, 1e-5));
  EXPECT_FALSE(one.allclose(p({.samples = 3, .seed = 1}, "Y"), 0, 1e-5));
}

/// One logit per region that dropout switches between ln 9 and -ln 9: probability 0.9 or 0.1.
class Switch : public models::Network {
 public:
  explicit Switch(double sign = 1) : sign_(sign) {}
  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  tensor::Output forward(const tensor::Input& input, std::span<const std::string>) override {
    passes += input.noise ? static_cast<int>(input.noise->samples()) : 1;
    const at::Tensor base = at::zeros_like(input.image.narrow(1, 0, 1));
    if (!input.noise) return {base - 9 * sign_, {}};
    input.noise->rewind();
    const at::Tensor mask = input.noise->channel_mask(1, 0.5, base.options());  // 0 or 2
    std::vector<int64_t> shape(static_cast<size_t>(base.dim()), 1);
    shape[0] = -1;
    return {base + (mask.view(shape) - 1) * (sign_ * std::log(9.0)), {}};
  }
  int64_t size_multiple() const override { return 1; }
  bool has_dropout() const override { return true; }
  int passes = 0;

 private:
  double sign_;
  std::shared_ptr<torch::nn::Module> module_ = std::make_shared<torch::nn::Module>("switch");
};

models::Model switching() {
  models::Model m;
  m.network = std::make_shared<Switch>();
  m.contract.channels = {"flair"};
  m.contract.head = {Head::Kind::sigmoid, {"lesion"}, {{1}}, {0, 1}};
  m.contract.recipe_id = "source";
  m.contract.regions = {{"lesion", {1}}};
  m.section.name = "switch";
  return m;
}

/// How many of the samples are switched on.
int64_t switched_on(const SampleOptions& o) {
  int64_t on = 0;
  for (int64_t s = 0; s < o.samples; ++s) {
    tensor::Noise noise(o.seed, {infer::sample_key(o.seed, "X", s)});
    on += noise.channel_mask(1, 0.5, at::TensorOptions(at::kFloat)).item<float>() > 0;
  }
  return on;
}

// Samples of 0.9 and 0.1 in equal numbers: mean 0.5, entropy ln 2; each has entropy 0.325083;
// mutual information 0.368064 nats, 53.1004 of 100.
TEST(McDropout, MutualInformationByHand) {
  SampleOptions o{.samples = 2, .class_entropy = true, .mutual_information = true};
  while (switched_on(o) != 1) ++o.seed;
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto p =
      infer::predict_with_dropout(test::members({switching()}), test::source_volume(), options, o);
  for (size_t i = 0; i < p.label.voxels.size(); ++i) {
    EXPECT_NEAR(p.probability->voxels[i], 0.5, 1e-6);
    EXPECT_NEAR(p.uncertainty->voxels[i], 100, 1e-4);
    EXPECT_NEAR(p.maps.at("class-entropy").voxels[i], 100, 1e-4);
    EXPECT_NEAR(p.maps.at("mutual-information").voxels[i], 53.1004, 1e-3);
  }
  EXPECT_EQ(p.uncertainty->channels, (std::vector<std::string>{"lesion"}));

  // All samples alike: what is left is the uncertainty of the data.
  while (switched_on(o) != 2) ++o.seed;
  const auto sure =
      infer::predict_with_dropout(test::members({switching()}), test::source_volume(), options, o);
  EXPECT_NEAR(sure.maps.at("mutual-information").voxels[0], 0, 1e-4);
  EXPECT_NEAR(sure.uncertainty->voxels[0], 46.8996, 1e-3);
}

// A mean of two networks: samples of either count alike, and the uncertainty is that of their mean.
TEST(McDropout, MembersCountAlike) {
  SampleOptions o{.samples = 2, .mutual_information = true};
  while (switched_on(o) != 2) ++o.seed;  // every sample 0.9
  auto other = switching();
  other.network = std::make_shared<Switch>(-1);  // every sample 0.1
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto p = infer::predict_with_dropout(test::members({switching(), other}),
                                             test::source_volume(), options, o);
  EXPECT_NEAR(p.probability->voxels[0], 0.5, 1e-6);
  EXPECT_NEAR(p.uncertainty->voxels[0], 100, 1e-4);
  EXPECT_NEAR(p.maps.at("mutual-information").voxels[0], 53.1004, 1e-3);
  // Without dropout the first network is sure of nothing, the second of a lesion: two of the second
  // outvote one of the first.
  o.deterministic_label = true;
  EXPECT_EQ(infer::predict_with_dropout(test::members({other, switching(), other}),
                                        test::source_volume(), {}, o)
                .label.voxels[0],
            1);
}

// Every slice meets the same thinned networks as every other and as the whole volume does.
TEST(McDropout, SlicesAreSampledAlike) {
  auto m = switching();
  const SampleOptions o{.samples = 3, .mutual_information = true};
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto whole =
      infer::predict_with_dropout(test::members({m}), test::source_volume(), options, o);
  m.contract.tiling.kind = Tiling::Kind::slices;
  const auto slices =
      infer::predict_with_dropout(test::members({m}), test::source_volume(), options, o);
  for (size_t i = 0; i < whole.label.voxels.size(); ++i) {
    EXPECT_NEAR(slices.probability->voxels[i], whole.probability->voxels[i], 1e-6);
    EXPECT_NEAR(slices.maps.at("mutual-information").voxels[i],
                whole.maps.at("mutual-information").voxels[i], 1e-3);
  }
}

TEST(McDropout, TheLabelMayBeThatOfThePassWithoutDropout) {
  SampleOptions o{.samples = 2};
  while (switched_on(o) != 2) ++o.seed;
  EXPECT_EQ(infer::predict_with_dropout(test::members({switching()}), test::source_volume(), {}, o)
                .label.voxels[0],
            1);
  o.deterministic_label = true;
  EXPECT_EQ(infer::predict_with_dropout(test::members({switching()}), test::source_volume(), {}, o)
                .label.voxels[0],
            0);
}

// Under windows every window meets the same thinned networks; the uncertainty is that of the
// blended mean.
TEST(McDropout, WindowsAreBlendedBeforeTheEntropyIsTaken) {
  auto m = switching();
  const SampleOptions o{.samples = 3, .mutual_information = true};
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto whole =
      infer::predict_with_dropout(test::members({m}), test::source_volume(), options, o);
  m.contract.tiling = {Tiling::Kind::window, {4, 4, 4}, 0.5};
  const auto windows =
      infer::predict_with_dropout(test::members({m}), test::source_volume(), options, o);
  for (size_t i = 0; i < whole.label.voxels.size(); ++i) {
    EXPECT_NEAR(windows.probability->voxels[i], whole.probability->voxels[i], 1e-6);
    EXPECT_NEAR(windows.uncertainty->voxels[i], whole.uncertainty->voxels[i], 1e-3);
    EXPECT_NEAR(windows.maps.at("mutual-information").voxels[i],
                whole.maps.at("mutual-information").voxels[i], 1e-3);
  }

  const auto network = unet({.in_channels = 3, .classes = 4, .width = 2});
  const at::Tensor x = image(3, 48);
  const Tiling tiling{Tiling::Kind::window, {32, 32, 32}, 0.5};
  const auto a = sampled(*network, x, {.samples = 2, .at_once = 1}, tiling);
  const auto b = sampled(*network, x, {.samples = 2, .at_once = 2}, tiling);
  EXPECT_TRUE(a.probability.allclose(b.probability, 0, 1e-5));
  EXPECT_TRUE(a.probability.sum(1).allclose(at::ones_like(a.probability.sum(1)), 0, 1e-5));
}

// What a recipe cuts away is background for certain; elsewhere the uncertainty is that of the
// stored probability.
TEST(McDropout, CutAwayVoxelsAreCertain) {
  models::Model m;
  m.network = unet({.in_channels = 3, .classes = 4, .width = 2});
  m.section.name = "had-net-unet";
  m.contract.channels = {"flair", "t1", "t2"};
  m.contract.head = test::softmax_head(4);
  m.contract.regions = {{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}};
  const auto recipe = prepare::Recipe::fit(
      prepare::parse_recipe(
          "orientation = LAS\nmask-channels = flair t1 t2\ncrop = mask-box\nsize = 32 32 32\n"
          "intensity = z-score\ntruncate = off\n",
          "test"),
      0, {});
  m.contract.recipe_id = recipe.id();
  m.contract.recipe_ini = recipe.ini();
  const Volume volume = test::source_volume();
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto p = infer::predict_with_dropout(
      test::members({m}), volume, options,
      {.samples = 3, .class_entropy = true, .mutual_information = true});
  const size_t n = p.label.voxels.size();
  EXPECT_EQ(p.uncertainty->grid, volume.data.image.grid);
  ASSERT_EQ(p.uncertainty->voxels.size(), 3 * n);
  ASSERT_EQ(p.maps.at("class-entropy").voxels.size(), 4 * n);
  for (size_t i = 0; i < n; ++i) {
    const bool inside = volume.data.image.voxels[i] > 0;
    const float u = p.uncertainty->voxels[2 * n + i];
    const double q = p.probability->voxels[3 * n + i];
    if (!inside) {
      EXPECT_EQ(u, 0.0f);
      EXPECT_EQ(p.maps.at("mutual-information").voxels[i], 0.0f);
      EXPECT_EQ(p.label.voxels[i], 0);
    } else {
      EXPECT_NEAR(u, 100 * (-q * std::log(q) - (1 - q) * std::log(1 - q)) / ln2, 1e-3);
      EXPECT_LE(p.maps.at("mutual-information").voxels[i], p.uncertainty->voxels[i] + 1e-3);
      EXPECT_NEAR(p.maps.at("class-entropy").voxels[3 * n + i], u, 1e-3);
    }
  }
}

TEST(McDropout, NetworksWithoutDropoutAreRefused) {
  auto m = switching();
  m.network = unet({.in_channels = 1, .classes = 2, .width = 2, .dropout = 0});
  m.section.name = "had-net-unet";
  const auto members = test::members({m}, "student.h5");
  EXPECT_THAT(kdseg::test::message_of<DataError>(
                  [&] { infer::predict_with_dropout(members, test::source_volume(), {}, {}); }),
              HasSubstr("student.h5: its network had-net-unet drops nothing"));
}

TEST(McDropout, IndependentRegionsHaveNoEntropyOverClasses) {
  EXPECT_THROW(infer::predict_with_dropout(test::members({switching()}), test::source_volume(), {},
                                           {.samples = 2, .entropy = infer::Entropy::multiclass}),
               UsageError);
}

TEST(McDropout, ALimitTooSmallForOneSampleIsNamed) {
  const auto network = unet({.in_channels = 3, .classes = 4, .width = 2});
  infer::PredictOptions options;
  options.memory_limit_gib = 1e-6;
  EXPECT_THROW(infer::sample_means(*network, test::softmax_head(4), {}, image(3, 32), "X", regions,
                                   options, {.samples = 2}),
               RunError);
}

}  // namespace
