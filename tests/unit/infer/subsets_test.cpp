// Predictions from some of a network's channels.
#include <gmock/gmock.h>

#include <cmath>

#include "base/errors.h"
#include "infer/predict.h"
#include "prepare/recipe.h"
#include "unit/infer/networks.h"
#include "unit/infer/volumes.h"

namespace {
using namespace kdseg;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Pointwise, keeping what it is given.
class Subsets : public test::Pointwise {
 public:
  Subsets() : Pointwise(2, 4) {}
  bool takes_subsets() const override { return true; }
  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    image = input.image.clone();
    present = input.present;
    return Pointwise::forward(input, wanted);
  }
  at::Tensor image, present;
};

struct Scene {
  Scene() {
    model.network = network;
    model.contract.channels = {"t1", "flair", "t2"};
    model.contract.head = test::softmax_head(2);
    const auto recipe = prepare::Recipe::fit(
        prepare::parse_recipe(
            "mask-channels = flair t1 t2\ncrop = mask-box\nsize = 8 8 8\nsize-multiple = 4\n"
            "intensity = z-score\ntruncate = off\n",
            "test"),
        0, {});
    model.contract.recipe_id = recipe.id();
    model.contract.recipe_ini = recipe.ini();
    options.keep_probability = true;
  }
  std::vector<float> predict(const Volume& volume, std::vector<std::string> available) {
    options.available = std::move(available);
    return infer::predict(test::members({model}, "u.h5"), volume, options).probability->voxels;
  }
  std::vector<double> given() const {
    const at::Tensor p = network->present.to(at::kDouble).contiguous();
    return {p.const_data_ptr<double>(), p.const_data_ptr<double>() + p.numel()};
  }
  double sum_of(int64_t channel) const {
    return network->image.select(1, channel).abs().sum().item<double>();
  }
  std::shared_ptr<Subsets> network = std::make_shared<Subsets>();
  models::Model model;
  infer::PredictOptions options;
  Volume volume = test::source_volume();
};

/// The volume without one of its channels.
Volume without(const Volume& volume, const std::string& name) {
  Volume few = volume;
  Image& image = few.data.image;
  const auto at = std::find(image.channels.begin(), image.channels.end(), name);
  const auto count = image.grid.voxel_count();
  const auto first = image.voxels.begin() + (at - image.channels.begin()) * count;
  image.voxels.erase(first, first + count);
  image.channels.erase(at);
  return few;
}

TEST(Subsets, WithheldChannelsAreZeroAndNotPresent) {
  Scene s;
  s.predict(s.volume, {"t2", "t1"});
  EXPECT_EQ(s.given(), (std::vector<double>{1, 0, 1}));
  EXPECT_GT(s.sum_of(0), 0);
  EXPECT_EQ(s.sum_of(1), 0);
  EXPECT_GT(s.sum_of(2), 0);
}

TEST(Subsets, AWithheldChannelChangesNothing) {
  Scene s;
  const auto before = s.predict(s.volume, {"t1", "t2"});
  Volume other = s.volume;
  const auto n = static_cast<size_t>(other.data.image.grid.voxel_count());
  for (size_t i = 0; i < n; ++i)  // flair comes first
    other.data.image.voxels[i] = i % 3 == 0 ? std::nanf("") : 0.0f;
  EXPECT_EQ(s.predict(other, {"t1", "t2"}), before) << "not even through the brain mask";
  EXPECT_EQ(s.predict(without(s.volume, "flair"), {"t1", "t2"}), before);
  EXPECT_EQ(s.predict(without(s.volume, "flair"), {}), before) << "what is missing is withheld";
  EXPECT_NE(s.predict(s.volume, {}), before);
}

TEST(Subsets, AllChannelsNeedNoMask) {
  Scene s;
  s.predict(s.volume, {});
  EXPECT_FALSE(s.network->present.defined());
}

TEST(Subsets, PreparedVolumesServeToo) {
  Scene s;
  const auto recipe = prepare::Recipe::from_text(s.model.contract.recipe_ini);
  s.predict(recipe.apply(s.volume), {"flair"});
  EXPECT_EQ(s.given(), (std::vector<double>{0, 1, 0}));
  EXPECT_EQ(s.sum_of(0) + s.sum_of(2), 0);
}

TEST(Subsets, WindowsKnowThemToo) {
  Scene s;
  s.model.contract.tiling = {Tiling::Kind::window, {4, 4, 4}, 0.5};
  s.predict(s.volume, {"flair"});
  EXPECT_EQ(s.given(), (std::vector<double>{0, 1, 0}));
}

TEST(Subsets, RefuseWhatIsNotThere) {
  Scene s;
  EXPECT_THAT(
      [&] {
        s.predict(without(s.volume, "t2"), {"t1", "t2"});
      },
      ThrowsMessage<DataError>(HasSubstr("case X: channels (flair,t1), u.h5 expects t1,t2")));
  EXPECT_THAT([&] { s.predict(without(without(without(s.volume, "t2"), "t1"), "flair"), {}); },
              ThrowsMessage<DataError>(HasSubstr("at least one of t1,flair,t2")));
  s.model.network = std::make_shared<test::Pointwise>(2, 4);
  s.model.section.name = "plain-network";
  EXPECT_THAT([&] { s.predict(s.volume, {"t1"}); },
              ThrowsMessage<UsageError>(HasSubstr("plain-network")));
}

}  // namespace
